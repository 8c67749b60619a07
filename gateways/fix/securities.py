"""What is traded: SecurityListRequest (x) and SecurityDefinitionRequest (c), answered by y and d. Pure.

FIX.4.2 has no list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.types import InstrumentStatus
from gateways.fix.fields_in import check_conditional, check_required, identifier
from gateways.fix.numbers import read_int
from gateways.fix.refusals import FieldRefusal
from gateways.fix.terms_out import decimal

if TYPE_CHECKING:
    from engine.instrument import Instrument
    from gateways.fix.codec import Message
    from gateways.fix.ports import Port
    from gateways.fix.services import Send

_BY_SYMBOL, _BY_SESSION, _ALL = 0, 3, 4
"""FIX 559 SecurityListRequestType."""
_VALID, _UNSUPPORTED, _NOT_FOUND = 0, 1, 2
"""FIX 560 SecurityRequestResult."""
_DAY = "1"
"""FIX 336: every instrument."""
_PER_MESSAGE = 100
"""Instruments of one SecurityList."""

_IDENTITY = (0, 1, 4)
_SECURITIES = (3, 8)
"""FIX 321 SecurityRequestType."""
_ACCEPTED, _LISTED, _REJECTED, _NO_MATCH = 1, 4, 5, 6
"""FIX 323 SecurityResponseType."""


class SecurityService:
    """See :class:`gateways.fix.services.Service`. Answers at once, from the venue's directory."""

    def __init__(self, port: Port, send: Send) -> None:
        self._port = port
        self._send = send
        self._version = port.session.protocol
        self.msg_types = frozenset({"c"} if self._version == "FIX.4.2" else {"x", "c"})
        self._market = port.session.target_comp_id
        self._responses = 0

    def request(self, message: Message, now_ns: int) -> None:
        """See :class:`gateways.fix.services.Service`."""
        if message.msg_type == "c":
            self._define(message.fields, now_ns)
        else:
            self._list(message.fields, now_ns)

    def close(self) -> None:
        """See :class:`gateways.fix.services.Service`; there is nothing that goes on."""

    def _next_response(self) -> str:
        self._responses += 1
        return str(self._responses)

    # ---- the list -------------------------------------------------------------------------------------------------

    def _list(self, fields: dict[str, str], now_ns: int) -> None:
        check_required(fields, ("320", "559"))
        request_id = identifier(fields, "320")
        kind = _number(fields, "559")
        result, found = self._matching(fields, kind)
        head = f"320={request_id}\x01322={self._next_response()}\x01560={result}\x01"
        if not found:
            self._send("y", head, now_ns)
        for first in range(0, len(found), _PER_MESSAGE):
            part = found[first : first + _PER_MESSAGE]
            last = "Y" if first + _PER_MESSAGE >= len(found) else "N"
            entries = "".join(map(self._entry, part))
            body = f"{head}393={len(found)}\x01893={last}\x01146={len(part)}\x01{entries}"
            self._send("y", body, now_ns)

    def _matching(self, fields: dict[str, str], kind: int) -> tuple[int, list[Instrument]]:
        """SecurityRequestResult and the instruments; there are no updates of the list."""
        if fields.get("263", "0") != "0" or kind not in (_BY_SYMBOL, _BY_SESSION, _ALL):
            return _UNSUPPORTED, []
        found = self._traded()
        if kind == _BY_SYMBOL:
            check_conditional(fields, "55", "Symbol")
            found = self._named(fields["55"])
        elif kind == _BY_SESSION:
            check_conditional(fields, "336", "TradingSessionID")
            if fields["336"] != _DAY:
                found = [] if self._version == "FIXT.1.1" else self._named(fields["336"])
        return (_VALID if found else _NOT_FOUND), found

    def _named(self, symbol: str) -> list[Instrument]:
        instrument = self._port.directory.instrument_named(symbol)
        return [] if instrument is None else [instrument]

    def _traded(self) -> list[Instrument]:
        directory = self._port.directory
        listed = directory.instruments.values()
        return [each for each in listed if directory.statuses[each.symbol_id] is not InstrumentStatus.DELISTED]

    def _entry(self, instrument: Instrument) -> str:
        if self._version == "FIXT.1.1":
            return f"{self._instrument(instrument)}{_rules(instrument)}15={instrument.quote}\x01"
        lots = f"561={decimal(instrument.lot_size)}\x01562={decimal(instrument.min_qty)}\x01"
        return f"55={instrument.symbol}\x0115={instrument.quote}\x01{lots}58={_tick_text(instrument)}\x01"

    def _instrument(self, instrument: Instrument) -> str:
        """FIX.5.0SP2: SecurityStatus (965) 1 active, 2 inactive; MinPriceIncrement (969)."""
        active = self._port.directory.statuses[instrument.symbol_id] is InstrumentStatus.ACTIVE
        return f"55={instrument.symbol}\x01965={1 if active else 2}\x01969={decimal(instrument.tick_size)}\x01"

    # ---- the definition -------------------------------------------------------------------------------------------

    def _define(self, fields: dict[str, str], now_ns: int) -> None:
        check_required(fields, ("320", "321"))
        request_id = identifier(fields, "320")
        kind = _number(fields, "321")
        if fields.get("263", "0") != "0":
            self._refuse(request_id, _REJECTED, fields, "Only snapshots (263=0) are supported", now_ns)
        elif kind in _IDENTITY:
            check_conditional(fields, "55", "Symbol")
            found = self._named(fields["55"])
            if found:
                self._send("d", self._definition(request_id, _ACCEPTED, found[0], 1), now_ns)
            else:
                self._refuse(request_id, _REJECTED, fields, f"Unknown symbol {fields['55']}", now_ns)
        elif kind in _SECURITIES:
            traded = self._traded()
            response = _ACCEPTED if self._version == "FIX.4.4" else _LISTED
            for instrument in traded:
                self._send("d", self._definition(request_id, response, instrument, len(traded)), now_ns)
            if not traded:
                self._refuse(request_id, _NO_MATCH, fields, "There are no securities", now_ns)
        else:
            self._refuse(request_id, _NO_MATCH, fields, f"SecurityRequestType {kind} is not supported", now_ns)

    def _definition(self, request_id: str, response: int, instrument: Instrument, total: int) -> str:
        head = f"320={request_id}\x01322={self._next_response()}\x01323={response}\x01"
        if self._version == "FIXT.1.1":
            segment = f"1310=1\x011301={self._market}\x01{_rules(instrument)}"
            return f"{head}{self._instrument(instrument)}15={instrument.quote}\x01{segment}"
        named = f"55={instrument.symbol}\x0115={instrument.quote}\x0158={_tick_text(instrument)}\x01"
        if self._version == "FIX.4.2":
            return f"{head}393={total}\x01{named}"
        return f"{head}{named}561={decimal(instrument.lot_size)}\x01562={decimal(instrument.min_qty)}\x01"

    def _refuse(self, request_id: str, response: int, fields: dict[str, str], text: str, now_ns: int) -> None:
        total = "393=0\x01" if self._version == "FIX.4.2" else ""
        symbol = f"55={fields['55']}\x01" if "55" in fields else ""
        head = f"320={request_id}\x01322={self._next_response()}\x01323={response}\x01{total}"
        self._send("d", f"{head}{symbol}58={text}\x01", now_ns)


def _rules(instrument: Instrument) -> str:
    """FIX.5.0SP2 BaseTradingRules."""
    qtys = ("562", instrument.min_qty), ("1140", instrument.max_qty), ("561", instrument.lot_size)
    return "".join(f"{tag}={decimal(qty)}\x01" for tag, qty in qtys)


def _tick_text(instrument: Instrument) -> str:
    """Versions before 5.0 have no field for the tick."""
    return f"MinPriceIncrement={decimal(instrument.tick_size)}"


def _number(fields: dict[str, str], tag: str) -> int:
    value = read_int(fields[tag])
    if value is None:
        raise FieldRefusal(6, tag, "Incorrect data format for value")
    return value
