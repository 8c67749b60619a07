"""What one value of an instrument alone cannot show: sizes that fit together, and a schedule that can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Final, TypeAlias

from config.reference import InstrumentConfig
from config.trading import ScheduleEntry
from engine.decimals import format_decimal
from engine.types import SCALE

Found: TypeAlias = Iterator[tuple[str, str]]
_DAY_S: Final = 86_400


def instrument_problems(prefix: str, it: InstrumentConfig) -> Found:
    """Key and text of each rule that it breaks; keys begin with ``prefix``."""
    yield from _size_problems(prefix, it)
    yield from _schedule_problems(f"{prefix}schedule", it.schedule)
    yield from _holiday_problems(f"{prefix}holidays", it)


def change_problems(now: InstrumentConfig, then: InstrumentConfig) -> Found:
    """As :func:`instrument_problems`, and what orders that rest by the present rules need."""
    number = format_decimal
    yield from instrument_problems("", then)
    for name, tick, lot in (
        ("tick_size", then.tick_size, now.lot_size),
        ("lot_size", now.tick_size, then.lot_size),
    ):
        if tick * lot % SCALE:
            yield (
                name,
                f"{number(getattr(then, name))} is not allowed while orders rest by the present rules, tick_size "
                f"{number(now.tick_size)} and lot_size {number(now.lot_size)}; expected tick_size × lot_size, old and "
                "new mixed, to be multiples of 0.00000001",
            )


def _size_problems(prefix: str, it: InstrumentConfig) -> Found:
    number = format_decimal
    if it.base == it.quote:
        yield f"{prefix}quote", f"{it.quote!r} is the base of {it.symbol} as well; expected another asset"
    if it.tick_size * it.lot_size % SCALE:
        yield (
            f"{prefix}tick_size",
            f"{number(it.tick_size)} × lot_size {number(it.lot_size)} is not allowed for {it.symbol}; "
            "expected a product that is a multiple of 0.00000001, so that every notional is exact",
        )
    if it.min_qty % it.lot_size:
        yield (
            f"{prefix}min_qty",
            f"{number(it.min_qty)} is not allowed for {it.symbol}; expected a multiple of lot_size, "
            f"{number(it.lot_size)}",
        )
    if it.max_qty < it.min_qty:
        yield (
            f"{prefix}max_qty",
            f"{number(it.max_qty)} is not allowed for {it.symbol}; expected at least min_qty, {number(it.min_qty)}",
        )
    if it.reference_px % it.tick_size:
        yield (
            f"{prefix}reference_px",
            f"{number(it.reference_px)} is not allowed for {it.symbol}; expected a multiple of tick_size, "
            f"{number(it.tick_size)}",
        )


def _schedule_problems(path: str, schedule: list[ScheduleEntry]) -> Found:
    for i, entry in enumerate(schedule):
        for j, before in enumerate(schedule[:i]):
            if _second(entry) < _second(before) + _share_a_day(before, entry):
                yield (
                    f"{path}[{i}].at",
                    f"{entry.at!r} does not come after {before.at!r} of schedule[{j}]; expected them in order of time",
                )
                break
        following = next((each for each in schedule[i + 1 :] if _share_a_day(entry, each)), None)
        end_s = _DAY_S if following is None else _second(following)
        if entry.random_end_s and _second(entry) + entry.random_end_s >= end_s:
            end = "midnight" if following is None else f"{following.at}, when the next one does"
            yield (
                f"{path}[{i}].random_end_s",
                f"{entry.random_end_s} is not allowed; expected that the phase begins, even drawn latest, before {end}",
            )


def _second(entry: ScheduleEntry) -> int:
    """Of the day."""
    at = time.fromisoformat(entry.at)
    return at.hour * 3600 + at.minute * 60 + at.second


def _share_a_day(one: ScheduleEntry, other: ScheduleEntry) -> bool:
    return not one.days or not other.days or bool(set(one.days) & set(other.days))


def _holiday_problems(path: str, it: InstrumentConfig) -> Found:
    if it.holidays and not it.schedule:
        yield path, f"{it.holidays[0]} means nothing without a schedule; expected a schedule, or no holidays"
    for i, day in enumerate(it.holidays):
        if day in it.holidays[:i]:
            yield f"{path}[{i}]", f"{day} is there already; expected each day once"
