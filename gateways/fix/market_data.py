"""Market data over FIX: MarketDataRequest (V) answered by W, X and Y (FIX 4.4 vol. 3, Market Data). Pure.

A request is a subscription for each of its symbols; it ends when the client says so, or with the connection. Snapshots
of price levels alone are asked of the book itself, at the depth that is wanted, instead of having it shown whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.queries import DepthQuery
from engine.session_profile import Rights
from engine.types import Side
from gateways.fix.market_data_messages import MarketDataWriter
from gateways.fix.market_data_replica import Replica
from gateways.fix.market_data_request import (
    BANDWIDTH,
    DUPLICATE,
    PERMISSIONS,
    SNAPSHOT,
    UNKNOWN_SYMBOL,
    UNSUBSCRIBE,
    MarketDataRequest,
    read_request,
)
from gateways.fix.market_data_sections import LevelSection, TradeSection, sections_of
from gateways.fix.refusals import MarketDataRefusal, market_data_reject_body

if TYPE_CHECKING:
    from engine.instrument import Instrument
    from engine.market_data.updates import Channel, MarketMessage
    from engine.queries import DepthAnswer
    from gateways.fix.codec import Message
    from gateways.fix.market_data_feed import MarketFeed, Sender
    from gateways.fix.ports import Port
    from gateways.fix.settings import FixSettings


class Subscription:
    """A request's part for one symbol: a listener of the session's feed."""

    def __init__(self, owner: MarketDataService, request: MarketDataRequest, instrument: Instrument) -> None:
        self.request = request
        self.symbol = instrument.symbol
        self.symbol_id = instrument.symbol_id
        self.sections = sections_of(request, owner.writer.entries(instrument.symbol), owner.trades_waiting_max)
        self.channels: frozenset[Channel] = frozenset(section.channel for section in self.sections)
        self._owner = owner
        self._route = owner.sender.route
        self._begun = False

    def note(self, message: MarketMessage, market: Replica) -> None:
        for section in self.sections:
            if section.channel is message.channel:
                section.note(message, market)

    def renew(self) -> None:
        self._begun = False

    def send(self, market: Replica, now_ns: int) -> None:
        """A snapshot at first, then what has changed, if any of it is in view."""
        owner, request = self._owner, self.request
        if not owner.allowed:
            owner.withdraw(now_ns)
            return
        lost = any(isinstance(section, TradeSection) and section.lost for section in self.sections)
        if self._begun and not lost:
            steps = [entry for section in self.sections for entry in section.steps(market)]
            if not steps:
                return
            if request.incremental:
                self._send("X", owner.writer.increment(request, steps), now_ns)
                return
        self._begun = True
        entries = [entry for section in self.sections for entry in section.show(market)]
        self._send("W", owner.writer.snapshot(request, self.symbol, entries, market.time_ns or now_ns), now_ns)
        if request.kind == SNAPSHOT:
            owner.done(self)

    def refuse(self, refusal: MarketDataRefusal, now_ns: int) -> None:
        self._send("Y", market_data_reject_body(refusal), now_ns)

    def _send(self, msg_type: str, body: str, now_ns: int) -> None:
        self._owner.sender.send_by(self._route, msg_type, body, now_ns)


class MarketDataService:
    """See :class:`gateways.fix.services.Service`. One session's requests."""

    msg_types = frozenset({"V"})

    def __init__(self, port: Port, settings: FixSettings, feed: MarketFeed, sender: Sender) -> None:
        self.sender = sender
        self.writer = MarketDataWriter(port.session.protocol, settings.timestamp_digits)
        self.trades_waiting_max = settings.trades_waiting_max
        self._port = port
        self._settings = settings
        self._feed = feed
        self._active: dict[str, list[Subscription]] = {}
        """By MDReqID, what has not been answered or ended."""
        self._looks: dict[str, Subscription] = {}
        """By query id, snapshots that their books have been asked for."""
        self._last_query = 0

    @property
    def allowed(self) -> bool:
        return bool(self._port.session.profile.rights & Rights.MARKET_DATA)

    # ---- requests -------------------------------------------------------------------------------------------------

    def request(self, message: Message, now_ns: int) -> None:
        """See :class:`gateways.fix.services.Service`."""
        request = read_request(message, self.writer.version, self._settings)
        md_req_id = request.md_req_id
        if request.kind == UNSUBSCRIBE:
            self._unsubscribe(md_req_id)
            return
        if not self.allowed:
            raise MarketDataRefusal(PERMISSIONS, md_req_id, "The session has no right to market data")
        if md_req_id in self._active:
            raise MarketDataRefusal(DUPLICATE, md_req_id, f"MDReqID {md_req_id} is in use")
        instruments = self._instruments(request)
        self._check_room(request)
        subscriptions = [Subscription(self, request, instrument) for instrument in instruments]
        self._active[md_req_id] = list(subscriptions)
        for subscription in subscriptions:
            if request.kind == SNAPSHOT and [type(each) for each in subscription.sections] == [LevelSection]:
                self._look(subscription)
            else:
                self._feed.join(subscription.symbol_id, subscription)

    def _unsubscribe(self, md_req_id: str) -> None:
        subscriptions = self._active.pop(md_req_id, None)
        if subscriptions is None:
            raise MarketDataRefusal("", md_req_id, f"Unknown MDReqID {md_req_id}")
        self._end(subscriptions)

    def _end(self, subscriptions: list[Subscription]) -> None:
        for subscription in subscriptions:
            self._feed.leave(subscription.symbol_id, subscription)
        self._looks = {key: each for key, each in self._looks.items() if each not in subscriptions}

    def _instruments(self, request: MarketDataRequest) -> list[Instrument]:
        found: list[Instrument] = []
        for symbol in request.symbols:
            instrument = self._port.directory.instrument_named(symbol)
            if instrument is None:
                raise MarketDataRefusal(UNKNOWN_SYMBOL, request.md_req_id, f"Unknown symbol {symbol}")
            found.append(instrument)
        return found

    def _check_room(self, request: MarketDataRequest) -> None:
        most = self._settings.subscriptions_max
        if sum(map(len, self._active.values())) + len(request.symbols) > most:
            raise MarketDataRefusal(BANDWIDTH, request.md_req_id, f"At most {most} subscriptions of symbols at a time")

    # ---- answers --------------------------------------------------------------------------------------------------

    def _look(self, subscription: Subscription) -> None:
        self._last_query += 1
        query_id = f"W{self._last_query}"
        self._looks[query_id] = subscription
        session_id, depth = self._port.session.session_id, subscription.request.depth
        self._port.query(DepthQuery(session_id, query_id, subscription.symbol_id, depth))

    def answer(self, answer: DepthAnswer, now_ns: int) -> None:
        """A book's answer to a snapshot that it was asked for."""
        subscription = self._looks.pop(answer.query.query_id, None)
        if subscription is not None:
            market = Replica()
            market.time_ns = answer.time_ns
            for side, levels in ((Side.BUY, answer.bids), (Side.SELL, answer.asks)):
                for level in levels:
                    market.levels[side].put(level.px, level)
            subscription.send(market, now_ns)

    def done(self, subscription: Subscription) -> None:
        """A snapshot has been sent, and that was all."""
        self._feed.leave(subscription.symbol_id, subscription)
        md_req_id = subscription.request.md_req_id
        left = self._active.get(md_req_id, [])
        if subscription in left:
            left.remove(subscription)
        if not left:
            self._active.pop(md_req_id, None)

    def withdraw(self, now_ns: int) -> None:
        """The session has lost its right while it was listening."""
        active, self._active = self._active, {}
        for md_req_id, subscriptions in active.items():
            self._end(subscriptions)
            refusal = MarketDataRefusal(PERMISSIONS, md_req_id, "The session has no right to market data any more")
            subscriptions[0].refuse(refusal, now_ns)

    def close(self) -> None:
        """See :class:`gateways.fix.services.Service`."""
        self._active.clear()
        self._looks.clear()
