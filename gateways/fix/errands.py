"""What a session has done that takes its time, in tasks of its connection: a password changed, a day's trades read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from actors.passwords import PasswordRefused, WrongPassword
from gateways.fix.services import PasswordKept

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from actors.door import Gate
    from actors.port import SessionPort
    from engine.reports import Report
    from gateways.fix.trade_capture import Take

_PARKED_S = 0.02
"""How long a chunk of trades lets the reports before it become durable, before it looks again."""


class Errands:
    """One session's. ``nursery`` ends with its connection; a ``guard`` runs a step there, and what that raises ends it.

    ``drain`` returns when the client has read what was sent; ``parked`` says whether messages wait for reports before
    them.
    """

    def __init__(
        self,
        nursery: trio.Nursery,
        gate: Gate,
        port: SessionPort,
        clock: Callable[[], int],
        guard: Callable[[Callable[[], None]], None],
        drain: Callable[[], Awaitable[None]],
        parked: Callable[[], bool],
    ) -> None:
        self._nursery = nursery
        self._gate = gate
        self._port = port
        self._clock = clock
        self._guard = guard
        self._drain = drain
        self._parked = parked

    def change_password(self, old: str, new: str, done: Callable[[PasswordKept | None, int], None]) -> None:
        """See :data:`gateways.fix.services.ChangePassword`."""

        async def change() -> None:
            kept = None
            try:
                await self._gate.change_password(self._port.session.session_id, old, new)
            except PasswordRefused as refusal:
                kept = PasswordKept(str(refusal), isinstance(refusal, WrongPassword))
            self._guard(lambda: done(kept, self._clock()))

        self._nursery.start_soon(change)

    def read_trades(self, records: list[int], take: Take) -> None:
        """See :data:`gateways.fix.trade_capture.ReadTrades`."""

        async def read() -> None:
            wanted = True

            def hand_over(reports: list[Report], is_last: bool) -> None:
                nonlocal wanted
                wanted = take(reports, is_last, self._clock())

            async for reports in self._port.trades(records):
                self._guard(partial(hand_over, reports, is_last=False))
                await self._drain()
                while self._parked():  # noqa: ASYNC110 (an event would be set for every report)
                    await trio.sleep(_PARKED_S)
                if not wanted:
                    return
            self._guard(partial(hand_over, [], is_last=True))

        self._nursery.start_soon(read)
