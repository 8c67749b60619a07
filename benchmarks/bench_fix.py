"""Orders end to end over the FIX port: rates and round trips, beside QuickFIX, and with a thousand sessions."""

from __future__ import annotations

from benchmarks import beside_quickfix, edge, fix_sessions
from benchmarks.edge import Port
from benchmarks.harness import Claim, Context, Target
from benchmarks.orders import FixOrders

PORT = Port(
    name="FIX",
    wire="fix",
    orders=FixOrders,
    port_of=lambda venue: venue.fix_port,
    pipelined_orders=40_000,
    rate_target=Target("value", ">=", 60_000),
)


def run(context: Context) -> list[Claim]:
    directories = [context.directory / name for name in ("port", "quickfix", "sessions")]
    for directory in directories:
        directory.mkdir()
    port, quickfix, sessions = (Context(directory, context.quick) for directory in directories)
    return [*edge.measure(PORT, port), *beside_quickfix.measure(PORT, quickfix), *fix_sessions.measure(sessions)]
