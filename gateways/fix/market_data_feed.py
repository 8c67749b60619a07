"""A session's market data: one replica for each instrument that it listens to, and who is told of its changes. Pure.

What changes is only noted; it is sent when the client can take it (:meth:`MarketFeed.flush`). Until then later changes
join what waits, so a client that reads slowly gets the newest state instead of each step, and costs nobody memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.market_data.updates import Channel, Listen, Snapshot
from gateways.fix.market_data_replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.market_data.updates import MarketMessage
    from gateways.fix.ports import Port


class Listener(Protocol):
    """Something that a client is told of one instrument."""

    @property
    def channels(self) -> frozenset[Channel]: ...

    def note(self, message: MarketMessage, market: Replica) -> None:
        """A message of one of its channels, folded into ``market``."""

    def send(self, market: Replica, now_ns: int) -> None:
        """Tell the client what it has not been told: first everything, then what has changed."""

    def renew(self) -> None:
        """What has been sent may be lost: tell everything again."""


class Sender(Protocol):
    """How a service's messages leave."""

    @property
    def route(self) -> str:
        """Routing fields of answers to the message that is acted on; what follows from it later takes them too."""

    def send(self, msg_type: str, body: str, now_ns: int) -> None:
        """An answer to the message that is acted on."""

    def send_by(self, route: str, msg_type: str, body: str, now_ns: int) -> None:
        """What a message brings about later."""


class SymbolFeed:
    """One instrument's replica and listeners."""

    def __init__(self, symbol_id: int, port: Port) -> None:
        self.market = Replica()
        self.listeners: list[Listener] = []
        """Those whose channels have all had a snapshot since they joined."""
        self._symbol_id = symbol_id
        self._port = port
        self._open: set[Channel] = set()
        self._awaited: set[Channel] = set()
        """Channels whose snapshot has been asked for and has not come."""
        self._joining: list[Listener] = []
        """Those that those snapshots are for."""
        self._next: list[Listener] = []
        """Those that came when they had been asked for: theirs are asked for after them."""

    @property
    def idle(self) -> bool:
        return not (self.listeners or self._joining or self._next)

    def join(self, listener: Listener) -> None:
        """It is told of everything from a snapshot on that is taken from now on."""
        if self._joining:
            self._next.append(listener)
        else:
            self._joining.append(listener)
            self._ask()

    def leave(self, listener: Listener) -> list[Listener]:
        """It is told nothing more. Returns listeners that are to be told their first, as they waited for its channels
        only."""
        for group in (self.listeners, self._joining, self._next):
            if listener in group:
                group.remove(listener)
        groups = (self.listeners, self._joining, self._next)
        needed = {channel for group in groups for each in group for channel in each.channels}
        ended = self._open - needed
        if ended:
            self._open -= ended
            self._awaited -= ended
            self._port.query(Listen(self._symbol_id, tuple(sorted(ended)), begin=False))
        return self._begin() if not self._awaited else []

    def take(self, message: MarketMessage) -> list[Listener]:
        """Folds a message in; returns whom it concerns."""
        channel = message.channel
        if channel not in self._open:
            return []
        self.market.apply(message)
        concerned = [listener for listener in self.listeners if channel in listener.channels]
        for listener in concerned:
            listener.note(message, self.market)
        if isinstance(message, Snapshot) and channel in self._awaited:
            self._awaited.remove(channel)
            if not self._awaited:
                concerned += self._begin()
        return concerned

    def _begin(self) -> list[Listener]:
        begun, self._joining = self._joining, self._next
        self._next = []
        self.listeners += begun
        if self._joining:
            self._ask()
        return begun

    def _ask(self) -> None:
        self._awaited = {channel for listener in self._joining for channel in listener.channels}
        self._open |= self._awaited
        self._port.query(Listen(self._symbol_id, tuple(sorted(self._awaited)), begin=True))


class MarketFeed:
    """All of one session's listeners. ``ready`` says whether the client can be sent something now."""

    def __init__(self, port: Port, ready: Callable[[], bool]) -> None:
        self._port = port
        self._ready = ready
        self._symbols: dict[int, SymbolFeed] = {}
        self._due: dict[Listener, SymbolFeed] = {}
        """Who has something to send, in order of when it came up."""
        self._sent_upto = 0

    def join(self, symbol_id: int, listener: Listener) -> None:
        """``listener`` is told of an instrument, first of what there is once all that was sent before has its
        outcome."""
        symbol = self._symbols.get(symbol_id)
        if symbol is None:
            symbol = self._symbols[symbol_id] = SymbolFeed(symbol_id, self._port)
        symbol.join(listener)

    def leave(self, symbol_id: int, listener: Listener) -> None:
        """It is told nothing more."""
        self._due.pop(listener, None)
        symbol = self._symbols.get(symbol_id)
        if symbol is not None:
            self._due.update(dict.fromkeys(symbol.leave(listener), symbol))
            if symbol.idle:
                del self._symbols[symbol_id]

    def take(self, messages: list[MarketMessage]) -> None:
        """What has come from the venue, in order."""
        for message in messages:
            symbol = self._symbols.get(message.symbol_id)
            if symbol is not None:
                for listener in symbol.take(message):
                    self._due.setdefault(listener, symbol)

    @property
    def waits(self) -> bool:
        """Whether something is due for which the client has had no room."""
        return bool(self._due)

    def flush(self, now_ns: int) -> None:
        """Sends what is due, as far as the client can take it."""
        due = self._due
        while due and self._ready():
            listener = next(iter(due))
            symbol = due.pop(listener)
            listener.send(symbol.market, now_ns)
            self._sent_upto = self._port.out_next - 1

    def resent_from(self, number: int) -> None:
        """The client asks for all from ``number`` on: market data is not repeated, so it may be out of step."""
        if number <= self._sent_upto:
            self.renew()

    def renew(self) -> None:
        """What has been sent may be lost: every listener begins anew."""
        self._sent_upto = 0
        for symbol in self._symbols.values():
            for listener in symbol.listeners:
                listener.renew()
                self._due.setdefault(listener, symbol)

    def close(self) -> None:
        """The connection is gone; the port ends what it has asked for."""
        self._symbols.clear()
        self._due.clear()
