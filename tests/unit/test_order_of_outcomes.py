"""What a session sends in one go is answered in its order, whoever decides: port, account or book."""

from __future__ import annotations

from pathlib import Path

from engine_builders import SELL, cancel, new, replace
from venue_in_process import Client, at_rest, running, settings

from engine.commands import RejectCommand
from engine.types import SCALE, OrdRejReason


async def test_outcomes_come_in_the_order_of_the_commands(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        unknown = RejectCommand(new("d"), OrdRejReason.UNKNOWN_SYMBOL, "Unknown symbol X", "X")
        client.send(
            new("a", px=90 * SCALE),
            new("a", px=90 * SCALE),
            new("b", px=90 * SCALE, order_qty=10**7 * SCALE),
            new("c", SELL, px=110 * SCALE),
            unknown,
            cancel("e", "nobody"),
            replace("f", "a", qty=10**6 * SCALE),
            cancel("g", "a"),
            cancel("h", "a"),
        )
        await at_rest(venue)
        assert client.kinds == [
            "OrderAccepted", "OrderRejected", "OrderRejected", "OrderAccepted", "OrderRejected", "CancelRejected",
            "CancelRejected", "OrderCanceled", "CancelRejected",
        ]  # fmt: skip
