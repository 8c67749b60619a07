"""Orders end to end over the FIX port: a rate with many in flight, a round trip with one."""

from __future__ import annotations

from benchmarks.edge import Port, measure
from benchmarks.harness import Claim, Context, Target
from benchmarks.orders import FixOrders

PORT = Port(
    name="FIX",
    wire="fix",
    orders=FixOrders,
    port_of=lambda venue: venue.fix_port,
    pipelined_orders=40_000,
    rate_target=Target("value", ">=", 30_000),
)


def run(context: Context) -> list[Claim]:
    return measure(PORT, context)
