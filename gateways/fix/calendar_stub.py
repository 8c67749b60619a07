"""Until the calendar is there."""

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.instrument import Instrument


def end_of_day_ns(instrument: Instrument, iso_date: str) -> int:
    day = datetime.fromisoformat(f"{iso_date}T{instrument.daily_roll}").replace(tzinfo=ZoneInfo(instrument.time_zone))
    return int(day.timestamp()) * 1_000_000_000
