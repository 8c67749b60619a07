"""Order messages of a FIX client, read by the gateway as it reads them from the wire."""

from __future__ import annotations

from collections.abc import Container

from fix_venue import NOW_TEXT, client_frame, directory, session_opened

from engine.commands import ClientCommand
from engine.image import OrderImage
from engine.instrument import Instrument
from gateways.fix.codec import parse
from gateways.fix.dialect import DIALECTS
from gateways.fix.mapping_in import CommandMapper

ORDER = {"11": "C1", "21": "1", "55": "BTC/USD", "54": "1", "60": NOW_TEXT, "38": "1.5", "40": "2", "44": "100.25"}
REPLACE = ORDER | {"11": "C2", "41": "C1"}
END_OF_DAY = 1_774_800_000_000_000_000


def end_of_day(instrument: Instrument, day: str) -> int:
    """A calendar that knows the end of 29 March 2026, a nanosecond later for each instrument."""
    if day != "2026-03-29":
        raise ValueError(day)
    return END_OF_DAY + instrument.symbol_id


def read_body(
    msg_type: str,
    body: str,
    begin_string: str = "FIX.4.4",
    orders: dict[str, OrderImage] | None = None,
    lists: Container[str] = (),
) -> ClientCommand:
    """The command of message 9, which accounts for 6 to 9; ``orders`` are those that the session has been told of,
    ``lists`` the ListIDs that it has used."""
    known = orders or {}
    dialect, session = DIALECTS[begin_string], session_opened(begin_string)
    mapper = CommandMapper(dialect, session, directory(), lambda name, _: known.get(name), end_of_day, lists)
    message = parse(client_frame(msg_type, 9, body, begin_string=begin_string))
    assert message.fault is None, message.fault
    return mapper.command(msg_type, message, 6, 9)


def read(
    msg_type: str,
    fields: dict[str, str | None],
    begin_string: str = "FIX.4.4",
    orders: dict[str, OrderImage] | None = None,
) -> ClientCommand:
    """The same with the body's fields as a dict; None leaves one out."""
    body = "|".join(f"{tag}={value}" for tag, value in fields.items() if value is not None)
    return read_body(msg_type, body, begin_string, orders)
