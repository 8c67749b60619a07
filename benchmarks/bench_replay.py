"""Replay: from a journal on disk to the whole state, beside reading and check-summing the same bytes.

The journal is made by a venue in this process: of nine orders four rest, four cross and one is cancelled; acceptances,
trades and cancels are the events that are counted. Each replay has a process of its own, as after a crash, and is what
a start does: segments verified, records read, decoded and folded, the configuration compared.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import trio
from google_crc32c import value as crc32c

from benchmarks.harness import ROOT, Claim, Context, Figures, Target, claim, interleaved
from benchmarks.in_process import log_in, running_venue, settings_in, submit_all
from engine.commands import CancelOrder, ClientCommand, NewOrder
from engine.events import OrderAccepted, OrderCanceled, TradeExecuted
from engine.types import SCALE, OrdType, Side, TimeInForce
from engine.wire import decode_record
from stores.journal.log import silent
from tradeengine.recovery import recover

_EVENTS_PER_GROUP = 14
_COMMANDS_PER_GROUP = 10
_TURN = 150
"""Commands that one read of a socket brings."""
_PX, _QTY = 100 * SCALE, 10 * SCALE
_COUNTED = (OrderAccepted, TradeExecuted, OrderCanceled)


class Replayed(msgspec.Struct, frozen=True):
    """One process's replay. ``fold_s`` of ``seconds`` went to reading, decoding and folding the records."""

    records: int
    orders: int
    trades: int
    seconds: float
    fold_s: float


def run(context: Context) -> list[Claim]:
    groups = context.scale(15_000, 150)
    directory = context.directory
    trio.run(_make_journal, directory, groups)
    events = _count_events(directory)
    segments = _used_bytes(directory)
    print(f"  {events:,} events (acceptances, trades, cancels) in {sum(segments.values()):,} bytes")

    def ours() -> Figures:
        replayed = _replay_in_child(directory)
        if (replayed.orders, replayed.trades) != (9 * groups, 4 * groups):
            raise AssertionError(f"replay found {replayed}; {groups} groups of orders were journaled")
        return {
            "events/s": events / replayed.seconds,
            "events/s, fold only": events / replayed.fold_s,
            "records/s": replayed.records / replayed.seconds,
        }

    def floor() -> Figures:
        return {"events/s": events / _read_raw(segments)}

    samples = interleaved(context.rounds, {"replay": ours, "read + CRC": floor}, warm_up=not context.quick)
    samples.show()
    return [
        claim(
            "replay: events/s (acceptances, trades, cancels) from journal to state; beside read + CRC of its bytes",
            samples.median("replay", "events/s"),
            "events/s",
            samples.median("read + CRC", "events/s"),
            Target("value", ">=", 300_000),
        )
    ]


# ---- the journal --------------------------------------------------------------------------------------------------


async def _make_journal(directory: Path, groups: int) -> None:
    async with running_venue(settings_in(directory, "os")) as venue:
        port = await log_in(venue, "BUYER")
        session = port.session
        commands = _commands(session.session_id, session.default_account_id, groups)
        await submit_all(port, commands, _TURN)
        await venue.quiescent()


def _commands(session_id: int, account_id: int, groups: int) -> list[ClientCommand]:
    commands: list[ClientCommand] = []

    def order(name: str, side: Side) -> None:
        limit, day = OrdType.LIMIT, TimeInForce.DAY
        commands.append(NewOrder(session_id, name, account_id, 1, side, limit, day, _QTY, _PX))

    for group in range(groups):
        for pair in range(4):
            order(f"b{group}.{pair}", Side.BUY)
            order(f"s{group}.{pair}", Side.SELL)
        order(f"b{group}.4", Side.BUY)
        commands.append(CancelOrder(session_id, f"c{group}", account_id, 1, Side.BUY, f"b{group}.4"))
    assert len(commands) == _COMMANDS_PER_GROUP * groups
    return commands


def _count_events(directory: Path) -> int:
    recovered = recover(settings_in(directory, "os"), silent)
    try:
        records = (decode_record(payload) for _, payload in recovered.journal.read(1))
        return sum(type(event) in _COUNTED for record in records for event in record.events)
    finally:
        recovered.journal.close()


# ---- ours ---------------------------------------------------------------------------------------------------------


def _replay_in_child(directory: Path) -> Replayed:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_replay", str(directory)], cwd=ROOT, capture_output=True, check=True
    )
    return msgspec.json.decode(done.stdout, type=Replayed)


def main(argv: Sequence[str] | None = None) -> int:
    """Replay once, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_replay")
    parser.add_argument("directory", type=Path, help="a data directory of the benchmark's")
    settings = settings_in(parser.parse_args(argv).directory, "os")
    started = time.perf_counter()
    recovered = recover(settings, silent)
    seconds = time.perf_counter() - started
    recovered.journal.close()
    books = recovered.state.books.values()
    replayed = Replayed(
        recovered.replayed,
        sum(book.orders_accepted for book in books),
        sum(book.trades_made for book in books),
        seconds,
        recovered.seconds,
    )
    print(msgspec.json.encode(replayed).decode())
    return 0


# ---- the floor ----------------------------------------------------------------------------------------------------


def _used_bytes(directory: Path) -> dict[Path, int]:
    """Each segment, and how much of it is not the zeros that it was made with."""
    journal = settings_in(directory, "os").journal_dir
    used = {path: len(path.read_bytes().rstrip(b"\0")) for path in sorted(journal.iterdir()) if path.is_file()}
    return {path: size for path, size in used.items() if size}


def _read_raw(segments: dict[Path, int]) -> float:
    started = time.perf_counter()
    for path, size in segments.items():
        with path.open("rb", buffering=0) as file:
            crc32c(file.read(size))
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
