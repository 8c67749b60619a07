"""FIX orders on one core, beside QuickFIX on that core: the generator has the other one.

QuickFIX gets the same bytes and accepts every order: no book, no account, no journal, and one report where a venue
sends a fill besides.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.edge import DURABILITIES, P50S, RATE, Load, Port, parties
from benchmarks.harness import (
    Claim,
    Context,
    Figures,
    Placement,
    Samples,
    Target,
    claim,
    interleaved,
    placements,
    skipped,
)
from benchmarks.loadgen import LoadGenerator
from benchmarks.orders import CROSSING, RESTING
from benchmarks.quickfix_peer import CPLUSPLUS, PACKAGE, QuickFixServer, prepare
from benchmarks.servers import EchoServer, VenueServer

ECHO = "echo"
_FLOORS = {
    ECHO: "a trio echo",
    CPLUSPLUS: "QuickFIX's C++ that only acknowledges",
    PACKAGE: "QuickFIX from Python that only acknowledges",
}
_TARGETS = {CROSSING: Target("value", ">=", 60_000), RESTING: None}


def measure(port: Port, context: Context) -> list[Claim]:
    """All claims. What QuickFIX can't be had for is a claim that says so. Raises Skipped, ServerFailed, LoadFailed."""
    missing = prepare(print, quick=context.quick)
    for name, reason in missing.items():
        print(f"  {name} skipped: {reason}")
    place = placements()[0]
    with ExitStack() as stack:
        loads = _loads(port, context, place.server, missing, stack)
        print(f"  servers on one core, {place.name}")
        claims: list[Claim] = []
        for symbol in (CROSSING, RESTING):
            samples = _pipelined(port, context, loads, place, symbol)
            claims += _claims(port.name, samples, loads, RATE[symbol], "orders/s", _TARGETS[symbol])
        samples = _round_trips(context, loads, place)
        for figure in P50S:
            claims += _claims(port.name, samples, loads, f"round trip {figure}", "µs", None, figure)
    return claims + [skipped(f"{port.name} beside {_FLOORS[name]}", reason) for name, reason in missing.items()]


def _loads(port: Port, context: Context, core: int, missing: dict[str, str], stack: ExitStack) -> dict[str, Load]:
    generator = LoadGenerator(context.directory)
    loads: dict[str, Load] = {}
    for durability in DURABILITIES:
        venue = stack.enter_context(VenueServer(core, context.directory, durability))
        loads[durability] = Load(port, generator, parties(port, port.port_of(venue), stack), server=venue)
    for name in (CPLUSPLUS, PACKAGE):
        if name not in missing:
            peer = stack.enter_context(QuickFixServer(core, context.directory, name))
            loads[name] = Load(port, generator, parties(port, peer.port, stack), acknowledges=True, server=peer)
    echo = stack.enter_context(EchoServer(core, context.directory))
    loads[ECHO] = Load(port, generator, parties(port, echo.port, stack, log_in=False), echo=True, server=echo)
    return loads


def _pipelined(port: Port, context: Context, loads: dict[str, Load], place: Placement, symbol: str) -> Samples:
    count = context.scale(port.pipelined_orders, 2_000)

    def variant(load: Load) -> Callable[[], Figures]:
        return lambda: load.pipelined(count, place.client, symbol)

    samples = interleaved(context.rounds, {n: variant(it) for n, it in loads.items()}, warm_up=not context.quick)
    samples.show()
    return samples


def _round_trips(context: Context, loads: dict[str, Load], place: Placement) -> Samples:
    count = context.scale(5_000, 200)

    def variant(load: Load) -> Callable[[], Figures]:
        return lambda: load.ping_pong(count, place.client)

    samples = interleaved(context.rounds, {name: variant(load) for name, load in loads.items()})
    samples.show(dict.fromkeys(P50S, "µs"))
    return samples


def _claims(
    name: str, samples: Samples, loads: dict[str, Load], what: str, unit: str, target: Target | None, figure: str = ""
) -> list[Claim]:
    """The venue's figure in each durability, beside each server that it is held against."""
    return [
        claim(
            f"{name}: {what}, one core for the venue and one for its clients, {durability}; beside {_FLOORS[floor]}",
            samples.median(durability, figure or what),
            unit,
            samples.median(floor, figure or what),
            target if durability == "fsync" and floor == ECHO else None,
        )
        for durability in DURABILITIES
        for floor in loads
        if floor in _FLOORS
    ]
