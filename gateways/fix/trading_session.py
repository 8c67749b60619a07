"""Whether the market is open: TradingSessionStatusRequest (g) and SecurityStatusRequest (e), answered by h and f. Pure.

Every instrument has phases and a schedule of its own, so each is a trading session. FIX.4.2 and FIX.4.4 have no Symbol
in h: there TradingSessionID (336) is the symbol. FIX.5.0SP2 has one, and only numbered sessions: 336 is 1 (day).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

from engine.market_data.updates import Channel
from engine.types import InstrumentStatus, TradingPhase
from gateways.fix.fields_in import OUT_OF_RANGE, check_conditional, check_required, identifier
from gateways.fix.refusals import BusinessRefusal, FieldRefusal
from gateways.fix.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.instrument import Instrument
    from engine.market_data.updates import MarketMessage
    from gateways.fix.codec import Message
    from gateways.fix.market_data_feed import MarketFeed, Sender
    from gateways.fix.market_data_replica import Replica
    from gateways.fix.ports import Port
    from gateways.fix.settings import FixSettings

_SNAPSHOT, _SUBSCRIBE, _UNSUBSCRIBE = "0", "1", "2"
_HALTED, _OPEN, _CLOSED, _PRE_OPEN, _PRE_CLOSE = 1, 2, 3, 4, 5
_REJECTED = 6
_DAY = "1"
"""336 of FIX.5.0SP2, and of a request about every instrument in any version."""
_UNKNOWN_SESSION, _OTHER = 1, 99
"""FIX 567 TradSesStatusRejReason."""
_ELECTRONIC, _TESTING, _PRODUCTION = "1", "1", "3"
"""FIX 338, 339."""

_Phase = TradingPhase
_SESSION_STATUS = {
    _Phase.CLOSED: _CLOSED,
    _Phase.PRE_OPEN: _PRE_OPEN,
    _Phase.OPENING_AUCTION: _PRE_OPEN,
    _Phase.CONTINUOUS: _OPEN,
    _Phase.INTRADAY_AUCTION: _OPEN,
    _Phase.CLOSING_AUCTION: _PRE_CLOSE,
    _Phase.POST_CLOSE: _CLOSED,
    _Phase.VOLATILITY_PAUSE: _HALTED,
    _Phase.REOPENING_AUCTION: _PRE_OPEN,
}
"""FIX 340 TradSesStatus of an active instrument."""
_SUB_SESSION = {
    _Phase.CLOSED: 7,
    _Phase.PRE_OPEN: 1,
    _Phase.OPENING_AUCTION: 2,
    _Phase.CONTINUOUS: 3,
    _Phase.INTRADAY_AUCTION: 6,
    _Phase.CLOSING_AUCTION: 4,
    _Phase.POST_CLOSE: 5,
    _Phase.VOLATILITY_PAUSE: 9,
    _Phase.REOPENING_AUCTION: 9,
}
"""FIX 625 TradingSessionSubID."""

_TRADING_HALT, _NO_OPEN, _PRICE_INDICATION, _READY, _NOT_AVAILABLE, _NOT_TRADED, _UNKNOWN_SECURITY, _PRE_OPENING = (
    2, 4, 5, 17, 18, 19, 20, 21,
)  # fmt: skip
_SECURITY_STATUS = {
    _Phase.CLOSED: _NOT_AVAILABLE,
    _Phase.PRE_OPEN: _PRE_OPENING,
    _Phase.OPENING_AUCTION: _PRICE_INDICATION,
    _Phase.CONTINUOUS: _READY,
    _Phase.INTRADAY_AUCTION: _PRICE_INDICATION,
    _Phase.CLOSING_AUCTION: _PRICE_INDICATION,
    _Phase.POST_CLOSE: _NOT_AVAILABLE,
    _Phase.VOLATILITY_PAUSE: _TRADING_HALT,
    _Phase.REOPENING_AUCTION: _PRICE_INDICATION,
}
"""FIX 326 SecurityTradingStatus of an active instrument."""


class Condition(Protocol):
    """What an instrument is doing: an :class:`engine.market_data.top.State`, or what the directory says."""

    @property
    def status(self) -> InstrumentStatus: ...

    @property
    def phase(self) -> TradingPhase: ...


class _Listed:
    """An instrument's condition by the directory."""

    __slots__ = ("phase", "status")

    def __init__(self, port: Port, symbol_id: int) -> None:
        self.status = port.directory.statuses[symbol_id]
        self.phase = port.directory.phases[symbol_id]


class Watch:
    """Tells a client each time one instrument's status or phase has changed: a listener of the session's feed."""

    channels = frozenset({Channel.STATE})

    def __init__(self, symbol_id: int, told: Condition, tell: Callable[[Condition, int, int], None]) -> None:
        self.symbol_id = symbol_id
        self._told: tuple[InstrumentStatus, TradingPhase] | None = told.status, told.phase
        self._tell = tell

    def note(self, message: MarketMessage, market: Replica) -> None:
        """The replica says it all."""

    def renew(self) -> None:
        self._told = None

    def send(self, market: Replica, now_ns: int) -> None:
        state = market.state
        assert state is not None
        if (state.status, state.phase) != self._told:
            self._told = state.status, state.phase
            self._tell(state, market.time_ns, now_ns)


class _Watching(ABC):
    """What both services share: watches by the client's identifier for them."""

    _answer_type: str

    def __init__(self, port: Port, settings: FixSettings, feed: MarketFeed, sender: Sender) -> None:
        self._port = port
        self._settings = settings
        self._feed = feed
        self._sender = sender
        self._version = port.session.protocol
        self._watches: dict[str, list[Watch]] = {}

    @abstractmethod
    def _status(self, request_id: str, symbol: str, condition: Condition, time_ns: int, unsolicited: str) -> str:
        """The body of an answer; ``unsolicited`` is 325=Y in one that follows later."""

    def _answer(self, request_id: str, instruments: list[Instrument], kind: str, now_ns: int) -> None:
        """How things are now, and from now on if that is wanted."""
        watches: list[Watch] = []
        for instrument in instruments:
            condition = _Listed(self._port, instrument.symbol_id)
            body = self._status(request_id, instrument.symbol, condition, now_ns, "")
            self._sender.send(self._answer_type, body, now_ns)
            if kind == _SUBSCRIBE:
                watches.append(self._watch(request_id, instrument, condition))
        if watches:
            self._watches[request_id] = watches

    def _watch(self, request_id: str, instrument: Instrument, condition: Condition) -> Watch:
        route = self._sender.route

        def tell(state: Condition, time_ns: int, now_ns: int) -> None:
            body = self._status(request_id, instrument.symbol, state, time_ns, "325=Y\x01")
            self._sender.send_by(route, self._answer_type, body, now_ns)

        watch = Watch(instrument.symbol_id, condition, tell)
        self._feed.join(instrument.symbol_id, watch)
        return watch

    def _stop(self, request_id: str) -> bool:
        watches = self._watches.pop(request_id, None)
        for watch in watches or ():
            self._feed.leave(watch.symbol_id, watch)
        return watches is not None

    def _check_free(self, request_id: str, kind: str, more: int) -> str:
        """Why the request can't be served; empty where it can."""
        most = self._settings.subscriptions_max
        if request_id in self._watches:
            return f"{request_id} is in use"
        if kind == _SUBSCRIBE and sum(map(len, self._watches.values())) + more > most:
            return f"At most {most} subscriptions at a time"
        return ""

    def close(self) -> None:
        """See :class:`gateways.fix.services.Service`."""
        self._watches.clear()


class TradingSessionService(_Watching):
    """See :class:`gateways.fix.services.Service`."""

    msg_types = frozenset({"g"})
    _answer_type = "h"

    def request(self, message: Message, now_ns: int) -> None:
        """See :class:`gateways.fix.services.Service`."""
        fields = message.fields
        check_required(fields, ("335", "263"))
        request_id, kind = identifier(fields, "335"), _kind_of(fields)
        if kind == _UNSUBSCRIBE:
            if not self._stop(request_id):
                self._refuse(fields, _OTHER, f"Unknown TradSesReqID {request_id}", now_ns)
            return
        instruments = self._instruments(fields)
        unfit = self._check_free(request_id, kind, len(instruments))
        if not instruments or not self._is_ours(fields):
            self._refuse(fields, _UNKNOWN_SESSION, "Unknown or invalid trading session", now_ns)
        elif unfit:
            self._refuse(fields, _OTHER, unfit, now_ns)
        else:
            self._answer(request_id, instruments, kind, now_ns)

    def _is_ours(self, fields: dict[str, str]) -> bool:
        return fields.get("338", _ELECTRONIC) == _ELECTRONIC and fields.get("339", self._mode) == self._mode

    @property
    def _mode(self) -> str:
        return _TESTING if self._settings.test_system else _PRODUCTION

    def _instruments(self, fields: dict[str, str]) -> list[Instrument]:
        directory = self._port.directory
        wanted = fields.get("336", _DAY)
        if wanted != _DAY:
            named = directory.instrument_named(wanted) if self._version != "FIXT.1.1" else None
            return [] if named is None else [named]
        statuses = directory.statuses
        listed = directory.instruments.values()
        return [each for each in listed if statuses[each.symbol_id] is not InstrumentStatus.DELISTED]

    def _status(self, request_id: str, symbol: str, condition: Condition, time_ns: int, unsolicited: str) -> str:
        fix50 = self._version == "FIXT.1.1"
        session = _DAY if fix50 else symbol
        sub_session = "" if self._version == "FIX.4.2" else f"625={_SUB_SESSION[condition.phase]}\x01"
        status = _SESSION_STATUS[condition.phase]
        if condition.status is not InstrumentStatus.ACTIVE:
            status = _CLOSED if condition.status is InstrumentStatus.DELISTED else _HALTED
        head = f"335={request_id}\x01336={session}\x01{sub_session}338={_ELECTRONIC}\x01339={self._mode}\x01"
        instrument = f"55={symbol}\x01" if fix50 else ""
        return f"{head}{unsolicited}340={status}\x01{_text(condition)}{instrument}"

    def _refuse(self, fields: dict[str, str], reason: int, text: str, now_ns: int) -> None:
        """FIX.4.2 has no h that refuses: there it is a BusinessMessageReject."""
        request_id = fields["335"]
        if self._version == "FIX.4.2":
            raise BusinessRefusal(1, request_id, text)
        session = fields.get("336", _DAY)
        body = f"335={request_id}\x01336={session}\x01340={_REJECTED}\x01567={reason}\x0158={text}\x01"
        self._sender.send("h", body, now_ns)


class SecurityStatusService(_Watching):
    """See :class:`gateways.fix.services.Service`."""

    msg_types = frozenset({"e"})
    _answer_type = "f"

    def request(self, message: Message, now_ns: int) -> None:
        """See :class:`gateways.fix.services.Service`."""
        fields = message.fields
        check_required(fields, ("324", "263"))
        request_id, kind = identifier(fields, "324"), _kind_of(fields)
        if kind == _UNSUBSCRIBE:
            if not self._stop(request_id):
                raise BusinessRefusal(1, request_id, f"Unknown SecurityStatusReqID {request_id}")
            return
        check_conditional(fields, "55", "Symbol")
        unfit = self._check_free(request_id, kind, 1)
        if unfit:
            raise BusinessRefusal(0, request_id, unfit)
        instrument = self._port.directory.instrument_named(fields["55"])
        if instrument is None:
            body = f"324={request_id}\x0155={fields['55']}\x01326={_UNKNOWN_SECURITY}\x01"
            self._sender.send("f", body, now_ns)
        else:
            self._answer(request_id, [instrument], kind, now_ns)

    def _status(self, request_id: str, symbol: str, condition: Condition, time_ns: int, unsolicited: str) -> str:
        time = f"60={format_utc(time_ns, self._settings.timestamp_digits)}\x01"
        text = "" if self._version == "FIX.4.2" else _text(condition)
        status = self._trading_status(condition)
        return f"324={request_id}\x0155={symbol}\x01{unsolicited}326={status}\x01{time}{text}"

    def _trading_status(self, condition: Condition) -> int:
        if condition.status is InstrumentStatus.HALTED:
            return _TRADING_HALT
        if condition.status is not InstrumentStatus.ACTIVE:
            return _NOT_TRADED if condition.status is InstrumentStatus.DELISTED else _NOT_AVAILABLE
        status = _SECURITY_STATUS[condition.phase]
        return _NO_OPEN if status == _PRE_OPENING and self._version == "FIX.4.2" else status


def _kind_of(fields: dict[str, str]) -> str:
    if fields["263"] not in (_SNAPSHOT, _SUBSCRIBE, _UNSUBSCRIBE):
        raise FieldRefusal(5, "263", OUT_OF_RANGE)
    return fields["263"]


def _text(condition: Condition) -> str:
    """58: what the venue itself calls it."""
    active = condition.status is InstrumentStatus.ACTIVE
    return f"58={condition.phase.name if active else condition.status.name}\x01"
