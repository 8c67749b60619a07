"""Orders end to end over the binary port: a rate with many in flight, a round trip with one, beside echo and disk."""

from __future__ import annotations

from benchmarks.edge import Port, measure
from benchmarks.harness import Claim, Context, Target
from benchmarks.orders import BinaryOrders

PORT = Port(
    name="binary",
    wire="soup",
    orders=BinaryOrders,
    port_of=lambda venue: venue.binary_port,
    pipelined_orders=80_000,
    rate_target=Target("value", ">=", 200_000),
    p50_target=Target("ratio", "<=", 2),
    p99_target=Target("ratio", "<=", 4),
    one_core_targets=False,
)


def run(context: Context) -> list[Claim]:
    return measure(PORT, context)
