"""The demonstration from start to summary: venue up, participants in, screen on, and all of it in reverse."""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import trio
from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from clients import ClientError
from config.errors import ConfigError
from config.loader import load
from tradeengine.demo_floor import Floor
from tradeengine.demo_screen import duration
from tradeengine.demo_show import Controls, show
from tradeengine.demo_stats import Picture, Row
from tradeengine.demo_venue import VenueNotRunning, data_directory, last_words, running_venue

_DONE, _FAILED, _USAGE = 0, 1, 2
_REFUSALS_SHOWN = 5


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    config: Path
    data_dir: Path | None
    symbol: str
    rate: int
    """Requests a second."""
    seconds: float | None
    """How long; None = until somebody stops it."""
    plain: bool
    seed: int


def run_demo(plan: Plan) -> int:
    """Run it to its end and print the summary; the exit status."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    try:
        settings = load(plan.config, os.environ, {})
    except ConfigError as error:
        return _complain(str(error), _USAGE)
    if not (settings.fix.enabled and settings.binary.enabled):
        return _complain("the participants need both ports: fix.enabled and binary.enabled", _USAGE)
    floor = Floor(settings, plan.seed, plan.rate)
    symbol = plan.symbol if plan.symbol in floor.symbols else plan.symbol.upper()
    if symbol not in floor.symbols:
        return _complain(f"--symbol {plan.symbol!r}: must be one of {', '.join(floor.symbols)}", _USAGE)
    plain = plan.plain or not console.is_terminal
    failures: list[str] = []
    with data_directory(plan.data_dir) as data_dir:
        show_run = _Run(plan, data_dir, floor, Controls(floor, symbol), None if plain else console)
        try:
            trio.run(show_run.run)
        except* VenueNotRunning as group:
            failures.append(str(_first(group)))
        except* ClientError as group:
            failures.append(f"{_first(group)}\n{last_words(data_dir)}")
    if failures:
        return _complain(failures[0], _FAILED)
    if show_run.last is not None:
        console.print(summary(show_run.last, floor.refusals()))
    return _DONE


def _complain(what: str, status: int) -> int:
    print(f"tradeengine demo: {what}", file=sys.stderr)
    return status


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class _Run:
    """The asynchronous part: what is left of it is the last picture."""

    def __init__(self, plan: Plan, data_dir: Path, floor: Floor, controls: Controls, screen: Console | None) -> None:
        self.last: Picture | None = None
        self._plan = plan
        self._data_dir = data_dir
        self._floor = floor
        self._controls = controls
        self._screen = screen

    async def run(self) -> None:
        """A signal ends the trading, and then all goes on to its end; another one leaves out what can be left out."""
        async with trio.open_nursery() as nursery:
            scopes = [nursery.cancel_scope]
            await nursery.start(_cancel_on_signals, scopes)
            async with running_venue(self._plan.config, self._data_dir) as ports, trio.open_nursery() as trading:
                await trading.start(self._floor.run, ports)
                with trio.move_on_after(self._plan.seconds or math.inf) as watching:
                    scopes.append(watching)
                    await self._watch(ports)
                scopes.pop()
                self.last = await self._floor.picture(self._controls.symbol, 1)
                trading.cancel_scope.cancel()
            nursery.cancel_scope.cancel()

    async def _watch(self, ports: dict[str, int]) -> None:
        if self._screen is not None:
            await show(self._floor, self._controls, self._screen, ports)
        else:
            listening = ", ".join(f"{name} {ports[name]}" for name in ("fix", "binary", "admin"))
            print(f"trading on 127.0.0.1: {listening}", flush=True)
            await trio.sleep_forever()


async def _cancel_on_signals(
    scopes: list[trio.CancelScope], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Each signal cancels the innermost of ``scopes`` that is left."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        task_status.started()
        async for _ in signals:
            scopes[-1].cancel()


# ---- summary ------------------------------------------------------------------------------------------------------


def summary(picture: Picture, refusals: Mapping[str, int]) -> Group:
    """What was done in all, for people and for tests that read ``trades: N``."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for heading in ("participant", "via", "role"):
        table.add_column(heading, no_wrap=True)
    for heading in ("requests", "fills", "refused", "open", "p50", "p99"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in (*picture.rows, picture.total):
        table.add_row(*_summary_cells(row), style="bold" if row is picture.total else "")
    seconds = max(picture.elapsed_s, 1e-9)
    total = picture.total
    lines = [
        f"seconds: {seconds:.1f}",
        f"requests: {total.sent} ({total.sent / seconds:,.0f}/s)",
        f"trades: {picture.trades} ({picture.trades / seconds:,.0f}/s)",
        f"round trip: p50 {duration(total.p50_ns) or 'none'}, p99 {duration(total.p99_ns) or 'none'}",
    ]
    common = sorted(refusals.items(), key=lambda refusal: -refusal[1])[:_REFUSALS_SHOWN]
    lines += [f"refused {count} times: {text}" for text, count in common]
    return Group(table, Text(), *(Text(line) for line in lines))


def _summary_cells(row: Row) -> tuple[str, ...]:
    counts = (f"{count:,}" for count in (row.sent, row.fills, row.refused, row.open_orders))
    return row.name, row.protocol, row.role, *counts, duration(row.p50_ns), duration(row.p99_ns)
