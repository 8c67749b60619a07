"""What a client asks for once it is logged in: within its rate, its credits, and its bound of queries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

import trio

from actors.port import SessionPort
from engine.commands import CancelOrder, ClientCommand, MassCancel
from engine.queries import Answer, OpenOrdersAnswer, OrderStatusAnswer, Query
from engine.session_profile import RateAction
from gateways.binary.answers import encode_answer, open_orders_end, order_statuses
from gateways.binary.client_connection import monotonic_ns
from gateways.binary.configuration import Configuration, configuration_of, encode_configuration
from gateways.binary.counters import BinaryCounters
from gateways.binary.inbound import RequestReader, Turn
from gateways.binary.settings import BinarySettings
from gateways.rates import RateLimit, RateLimits, SessionRate

STATUSES_AT_ONCE = 256
"""Open orders that are told before others have their turn, and before the client must have read them."""


_CANCELS: Final = frozenset({CancelOrder, MassCancel})


class Stream(Protocol):
    """What the desk needs of the connection."""

    @property
    def is_live(self) -> bool:
        """Whether all reports so far have been written, so that an answer may follow them."""

    def write(self, packets: bytes) -> None:
        """Never waits, never raises."""

    async def written(self) -> bool:
        """Waits until the client has read what was written; False if it does not, and the connection ends."""

    def end(self, reason: str) -> None:
        """Says why, and ends the connection."""


class RequestDesk:
    """One connection's. Waits, and so stops reading, where the client is ahead of what it may ask for."""

    def __init__(
        self,
        port: SessionPort,
        reader: RequestReader,
        stream: Stream,
        nursery: trio.Nursery,
        settings: BinarySettings,
        counters: BinaryCounters,
        rates: RateLimits,
    ) -> None:
        self.held_back = False
        """Whether the client's next messages wait for the venue."""
        self._port = port
        self._reader = reader
        self._stream = stream
        self._nursery = nursery
        self._settings = settings
        self._counters = counters
        self._rates = SessionRate(rates, monotonic_ns)
        self._exceeded = ""
        self._configuration: Configuration | None = None
        self._held: list[Callable[[], None]] = []
        self._unanswered = 0
        self._answered = trio.Event()

    async def take(self, payloads: list[bytes]) -> None:
        """Messages, in the order in which they came."""
        self._counters.messages_received += len(payloads)
        for turn in self._within_rate(payloads):
            if isinstance(turn, list):
                await self._submit(turn)
            elif isinstance(turn, bytes):
                self._stream.write(turn)
            else:
                await self._ask(turn)
        if self._exceeded:
            self._stream.end(self._exceeded)

    def go_live(self) -> None:
        """All reports have been written: what was to follow them may."""
        held, self._held = self._held, []
        for tell in held:
            tell()

    def answer(self, answer: Answer) -> None:
        """Once all reports before it have been written."""
        self._once_live(lambda: self._tell(answer))

    def tell_configuration(self, request_id: int = 0) -> None:
        """A SessionConfigurationReport of what is in force."""
        profile = self._port.session.profile
        configuration = self._configuration or configuration_of(profile)
        limit_ms = self._settings.cancel_window_max_ms
        self._stream.write(
            encode_configuration(configuration._replace(request_id=request_id), profile, limit_ms, self._rate())
        )

    # ---- rates ------------------------------------------------------------------------------------------------------

    def _rate(self) -> RateLimit | None:
        """The session's as its profile is now."""
        return self._rates.now(self._port.session)

    def _within_rate(self, payloads: list[bytes]) -> list[Turn]:
        limit = self._rate()
        if limit is None or limit.bucket.take(len(payloads), now_ns := monotonic_ns()):
            return self._reader.read(payloads)
        self._counters.batches_throttled += 1
        if limit.action is RateAction.REJECT:
            return self._reader.read_within(payloads, partial(_refusal, limit, now_ns))
        self._exceeded = limit.text
        return self._reader.read(payloads[: limit.bucket.room(now_ns)])

    # ---- commands and queries ---------------------------------------------------------------------------------------

    async def _submit(self, commands: list[ClientCommand]) -> None:
        """Waits while there are more commands than credits; cancels that are next may go beyond them."""
        port = self._port
        while len(commands) > (credit := port.credit):
            credit = credit or min(_leading_cancels(commands), port.cancel_credit)
            if credit:
                port.submit(commands[:credit])
                commands = commands[credit:]
            else:
                self.held_back = True
                await port.wait_for_credit(cancel=type(commands[0]) in _CANCELS)
                self.held_back = False
        if commands:
            port.submit(commands)

    async def _ask(self, query: Query | Configuration) -> None:
        while self._unanswered >= self._settings.queries_in_flight_max:
            self.held_back = True
            self._answered = trio.Event()
            await self._answered.wait()
            self.held_back = False
        self._unanswered += 1
        if isinstance(query, Configuration):
            done = partial(self._configured, query)
            self._port.configure(query.cancel_on_disconnect, query.cancel_window_ms, done)
        else:
            self._port.query(query)

    def _configured(self, configuration: Configuration) -> None:
        """It is journaled, and so holds whatever happens."""

        def tell() -> None:
            self._configuration = configuration
            self.tell_configuration(configuration.request_id)
            self._done()

        self._once_live(tell)

    # ---- answers ----------------------------------------------------------------------------------------------------

    def _once_live(self, tell: Callable[[], None]) -> None:
        if self._stream.is_live:
            tell()
        else:
            self._held.append(tell)

    def _done(self) -> None:
        self._unanswered -= 1
        self._answered.set()
        self._counters.answers_sent += 1

    def _tell(self, answer: Answer) -> None:
        """Orders as they stand by now, so that nothing is older than the reports before it."""
        if isinstance(answer, OpenOrdersAnswer):
            if len(answer.orders) > STATUSES_AT_ONCE:
                self._nursery.start_soon(self._tell_many, answer)
                return
            packets, count = self._statuses(answer, 0)
            self._stream.write(packets + open_orders_end(answer.query, count))
        else:
            if isinstance(answer, OrderStatusAnswer) and answer.order is not None:
                newest = self._port.order_named(answer.order.cl_ord_id) or answer.order
                answer = OrderStatusAnswer(answer.query, newest)
            self._stream.write(encode_answer(answer))
        self._done()

    def _statuses(self, answer: OpenOrdersAnswer, begin: int) -> tuple[bytes, int]:
        """Of the next orders, as far as they are still open; and how many these are."""
        asked = answer.orders[begin : begin + STATUSES_AT_ONCE]
        orders = [now for order in asked if (now := self._port.order_named("", order.order_id)) is not None]
        return order_statuses(answer.query, orders), len(orders)

    async def _tell_many(self, answer: OpenOrdersAnswer) -> None:
        """Piece by piece, at the client's pace: reports may come in between."""
        total = 0
        for begin in range(0, len(answer.orders), STATUSES_AT_ONCE):
            packets, count = self._statuses(answer, begin)
            total += count
            self._stream.write(packets)
            if not await self._stream.written():
                return
        self._stream.write(open_orders_end(answer.query, total))
        self._done()


def _leading_cancels(commands: list[ClientCommand]) -> int:
    """How many come before the first command that is none."""
    return next((nth for nth, command in enumerate(commands) if type(command) not in _CANCELS), len(commands))


def _refusal(limit: RateLimit, now_ns: int, is_cancel: bool) -> str:
    """Why a message is refused. Cancels have twice the burst: who is in trouble must get out."""
    bucket = limit.bucket
    taken = bucket.take_urgent(now_ns) if is_cancel else bucket.take(1, now_ns)
    return "" if taken else limit.text
