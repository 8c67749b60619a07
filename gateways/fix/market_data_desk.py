"""What a session has for those who watch the market: one feed, and the services that answer from it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gateways.fix.market_data import MarketDataService
from gateways.fix.market_data_feed import MarketFeed
from gateways.fix.securities import SecurityService
from gateways.fix.trading_session import SecurityStatusService, TradingSessionService

if TYPE_CHECKING:
    from engine.market_data.updates import MarketMessage
    from engine.queries import DepthAnswer
    from gateways.fix.ports import Port
    from gateways.fix.services import Service
    from gateways.fix.settings import FixSettings


class Client(Protocol):
    """The session, as the desk sees it."""

    @property
    def route(self) -> str:
        """Routing fields of what is sent now (:mod:`gateways.fix.routing`)."""

    @route.setter
    def route(self, route: str) -> None: ...

    @property
    def has_room(self) -> bool:
        """Whether what can wait may be sent now."""

    def admin(self, msg_type: str, body: str, now_ns: int) -> None:
        """Sends a message that is not journaled, in its turn."""


class MarketDesk:
    """The services of V, x, c, g and e for one session, until its connection ends."""

    def __init__(self, client: Client, port: Port, settings: FixSettings) -> None:
        self._client = client
        self._feed = MarketFeed(port, lambda: client.has_room)
        self._market_data = MarketDataService(port, settings, self._feed, self)
        self.services: list[Service] = [
            self._market_data,
            SecurityService(port, self.send),
            TradingSessionService(port, settings, self._feed, self),
            SecurityStatusService(port, settings, self._feed, self),
        ]

    @property
    def route(self) -> str:
        """What a request's later answers have to be sent with."""
        return self._client.route

    def send(self, msg_type: str, body: str, now_ns: int) -> None:
        """An answer to the message that is acted on."""
        self._client.admin(msg_type, body, now_ns)

    def send_by(self, route: str, msg_type: str, body: str, now_ns: int) -> None:
        """What a request brings about later."""
        client = self._client
        before, client.route = client.route, route
        client.admin(msg_type, body, now_ns)
        client.route = before

    def take(self, messages: list[MarketMessage]) -> None:
        """Market data that the port has gathered; :meth:`flush` tells the client."""
        self._feed.take(messages)

    @property
    def waits(self) -> bool:
        """Whether something waits for the client to have room."""
        return self._feed.waits

    def flush(self, now_ns: int) -> None:
        """Sends what waits, as far as the client has room."""
        self._feed.flush(now_ns)

    def answer(self, answer: DepthAnswer, now_ns: int) -> None:
        """A book's answer to a snapshot that it was asked for."""
        self._market_data.answer(answer, now_ns)

    def resent_from(self, number: int) -> None:
        """The client asks for all messages from ``number`` on again; market data is told anew instead."""
        self._feed.resent_from(number)

    def renew(self) -> None:
        """Numbers start again: what waited for its turn is lost."""
        self._feed.renew()

    def close(self) -> None:
        """The connection is gone, and the services are closed."""
        self._feed.close()
