"""A FIX session that listens to a real book through the real market data actor, in memory; and a client that builds
books of nothing but the messages that it gets."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from fix_venue import NOW, FakePort, client_frame

from actors.market_data import BookShown, Feed, MarketDataActor, Subscribe, Subscribers, Unsubscribe
from actors.messages import Entry
from engine.book import Book
from engine.events import Event, InstrumentListed, Record, TradingDayRolled
from engine.instrument import Instrument
from engine.market_data.market import MarketData
from engine.market_data.orders import displayed_orders
from engine.market_data.updates import Listen, MarketMessage
from engine.queries import DepthAnswer, DepthQuery
from engine.session_profile import PLAIN_PROFILE, UnknownTags
from gateways.fix.codec import Framer, parse
from gateways.fix.groups import group_of
from gateways.fix.logon import read_logon
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.validation import validator_for

VERSIONS = ["FIX.4.2", "FIX.4.4", "FIXT.1.1"]
_A_SECOND = 1_000_000_000


class Received(NamedTuple):
    """A message that the dictionary finds nothing wrong with."""

    fields: dict[str, str]
    entries: list[dict[str, str]]
    """Of 268 or 146."""
    text: str

    @property
    def type(self) -> str:
        return self.fields["35"]

    def picked(self, *tags: str) -> list[str]:
        return [self.fields.get(tag, "") for tag in tags]


class FixMarket:
    """``listed`` has a book of its own, which :meth:`fold` is told of; other instruments' books are empty."""

    def __init__(self, begin_string: str, *listed: Instrument, logon: str = "98=0|108=30", **limits: int) -> None:
        self.begin_string = begin_string
        self.port = FakePort(begin_string)
        for instrument in listed:
            self.port.directory.apply(InstrumentListed(instrument))
        self.books = {key: Book(each) for key, each in self.port.directory.instruments.items()}
        self.market = MarketData()
        self.heard: list[MarketMessage] = []
        self.backlog = 0
        self._now_ns = NOW
        self._asked: list[int] = []
        self._faults: list[Exception] = []
        self._framer = Framer(1 << 24)
        self._actor = MarketDataActor(self.market, Subscribers(), self._asked.append, self._faults.append)
        for each in self.port.directory.instruments.values():
            self._feed([InstrumentListed(each)])
        if begin_string == "FIXT.1.1":
            logon += "|1137=9"
        request = read_logon(client_frame("A", 1, logon, begin_string=begin_string), NOW, FixSettings())
        settings = FixSettings(**limits)  # type: ignore[arg-type]
        self.session = FixSession(request, self.port, settings, self._framer.feed, backlog=lambda: self.backlog)
        self.session.start(NOW)
        self.session.deliver(self.port.logged_on(), NOW)
        self.messages()

    # ---- the client's side ----------------------------------------------------------------------------------------

    def ask(self, msg_type: str, body: str) -> list[Received]:
        """What a request is answered with."""
        frame = client_frame(msg_type, self.port.in_next, body, begin_string=self.begin_string)
        self.session.receive([frame], NOW)
        self.serve()
        return self.messages()

    def request(self, md_req_id: str, types: str, symbols: str = "BTC/USD", **fields: str) -> list[Received]:
        """A MarketDataRequest; ``fields``: kind (263), depth (264), update (265), book (266)."""
        tags = {"kind": "263", "depth": "264", "update": "265", "book": "266"}
        values = {"kind": "1", "depth": "0", "update": "1"} | fields
        said = "|".join(f"{tags[name]}={values[name]}" for name in tags if name in values)
        types = types or "0"
        chosen = "|".join(f"269={kind}" for kind in types)
        named = symbols.split(",")
        listed = "|".join(f"55={symbol}" for symbol in named)
        return self.ask("V", f"262={md_req_id}|{said}|267={len(types)}|{chosen}|146={len(named)}|{listed}")

    def messages(self) -> list[Received]:
        """What has come since, each held against the version's dictionary."""
        found: list[Received] = []
        for frame in self._framer.take(1_000_000):
            message = parse(frame)
            text = frame.decode("latin-1").replace("\x01", "|")
            fault = validator_for(self.begin_string, UnknownTags.REJECT).check(message)
            assert fault is None, f"{fault}: {text}"
            count = next((tag for tag in ("268", "146") if tag in message.fields), "")
            found.append(Received(message.fields, list(group_of(message, count)) if count else [], text))
        return found

    # ---- the venue's side -----------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Carries out what the session has asked of the venue."""
        while self.port.queries:
            query = self.port.queries.pop(0)
            if isinstance(query, Listen):
                wish = (Subscribe if query.begin else Unsubscribe)(query.symbol_id, query.channels, self.heard.append)
                self._actor.on_batch(iter([wish]))
                while self._asked:
                    symbol_id = self._asked.pop()
                    shown = BookShown(symbol_id, self.market.seq, displayed_orders(self.books[symbol_id]))
                    self._actor.on_batch(iter([shown]))
            elif isinstance(query, DepthQuery):
                depth = self.books[query.symbol_id].depth(query.levels)
                self.session.answer(DepthAnswer(query, self.market.seq, NOW, *depth), NOW)
            self.deliver()

    def fold(self, records: list[list[Event]]) -> None:
        """One batch of what a book has done; the client is told when :meth:`deliver` says so."""
        for events in records:
            self._feed(events)

    def deliver(self) -> None:
        """The port's turn."""
        heard, self.heard[:] = list(self.heard), []
        if heard:
            self.session.market(heard, NOW)
        assert self._faults == []
        if self.port.queries:
            self.serve()

    def listening(self) -> int:
        """Channels that the venue tells the session of."""
        return len(list(self._actor._subscribers))

    def may(self, rights: int) -> None:
        """The session's rights from now on."""
        profile = msgspec.structs.replace(PLAIN_PROFILE, rights=rights)
        self.port.session = msgspec.structs.replace(self.port.session, profile=profile)

    def later(self, seconds: int) -> None:
        """Time passes, and something that concerns no instrument happens."""
        self._now_ns += seconds * _A_SECOND
        self._feed([TradingDayRolled("2023-11-15")])

    def _feed(self, events: list[Event]) -> None:
        self._now_ns += _A_SECOND
        seq = self.market.seq + 1
        self._actor.on_batch(iter([Feed([Entry(seq, Record(self._now_ns, 0, 0, 0, [], events), None)])]))


class BookClient:
    """One MDReqID's book of one symbol, kept in three ways that must always agree: by price, by position, by order."""

    def __init__(self, aggregated: bool = True) -> None:
        self.aggregated = aggregated
        self.by_price: dict[str, dict[str, tuple[str, str]]] = {"0": {}, "1": {}}
        """269 → 270 → (271, 346)."""
        self.by_position: dict[str, list[tuple[str, str, str]]] = {"0": [], "1": []}
        """(270, 271, 346), best first."""
        self.orders: dict[str, dict[str, tuple[str, str]]] = {"0": {}, "1": {}}
        """OrderID → (270, 271), in the order in which they came."""
        self.figures: dict[str, tuple[str, str]] = {}
        self.trades: dict[str, tuple[str, str]] = {}
        self.last: tuple[str, str] | None = None
        self.snapshots = 0
        self.increments = 0

    def take(self, messages: list[Received]) -> None:
        for message in messages:
            if message.type == "W":
                self.__init__(self.aggregated)  # type: ignore[misc]
                self.snapshots += 1
                for entry in message.entries:
                    self._set(entry, "0")
            else:
                assert message.type == "X", message.text
                self.increments += 1
                for entry in message.entries:
                    self._set(entry, entry["279"])

    def _set(self, entry: dict[str, str], action: str) -> None:
        kind = entry["269"]
        if kind == "J":
            return
        if kind == "2":
            self._trade(entry, action)
        elif kind not in ("0", "1"):
            self._figure(entry, action)
        elif self.aggregated:
            self._level(entry, action)
        else:
            self._order(entry, action)

    def _trade(self, entry: dict[str, str], action: str) -> None:
        trade_id = entry.get("278", "")
        if action == "2":
            self.trades.pop(trade_id, None)
            return
        assert (trade_id in self.trades) <= (action == "1")
        self.trades[trade_id] = self.last = entry["270"], entry["271"]

    def _figure(self, entry: dict[str, str], action: str) -> None:
        kind = entry["269"]
        assert (kind in self.figures) == (action != "0"), entry
        if action == "2":
            del self.figures[kind]
        else:
            self.figures[kind] = entry.get("270", ""), entry.get("271", "")

    def _level(self, entry: dict[str, str], action: str) -> None:
        kind, px, place = entry["269"], entry["270"], int(entry["290"]) - 1
        prices, positions = self.by_price[kind], self.by_position[kind]
        assert (px in prices) == (action != "0"), entry
        if action == "2":
            del prices[px]
            assert positions.pop(place)[0] == px, "a client that keeps positions deletes another level"
            return
        prices[px] = entry["271"], entry["346"]
        if action == "0":
            assert place <= len(positions)
            positions.insert(place, (px, *prices[px]))
        else:
            assert positions[place][0] == px
            positions[place] = (px, *prices[px])

    def _order(self, entry: dict[str, str], action: str) -> None:
        orders = self.orders[entry["269"]]
        order_id = entry["37"]
        assert "278" not in entry or entry["278"] == order_id
        assert (order_id in orders) == (action != "0"), entry
        if action == "2":
            del orders[order_id]
        else:
            orders[order_id] = entry["270"], entry["271"]
