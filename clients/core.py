"""An order entry client without its socket: what it knows, what it waits for, and how it gets over a lost connection.

The stream of reports goes on where it broke off, so what is under way has its outcome in the replay, or never reached
the venue. Which of the two is asked: the venue answers a query only after the outcomes of all that it got before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from clients.backoff import SESSION_NOT_AVAILABLE
from clients.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Instrument,
    MassCancelReport,
    MessageRejected,
    OrderReport,
    OrderState,
    Rejected,
    Replaced,
    SessionConfiguration,
    UnknownReport,
)
from clients.exceptions import ClientError, LoginRefused, RequestRefused, Undelivered, anew
from clients.link import Link
from clients.orders import OrderTracker, TrackedOrder
from clients.protocol import Answered, Challenged, ClientProtocol, Input
from clients.reply import Reply
from clients.session import LoggedIn
from clients.settings import Settings
from engine.types import CancelReason
from gateways.binary import codec
from gateways.binary.rejects import MessageRejectReason

Ask: TypeAlias = Callable[[], tuple[int, bytes]]
"""Makes a query: its request id, and the packet."""

_OUTCOMES = frozenset({Accepted, Rejected, Replaced, Canceled, CancelRejected, MassCancelReport})
_NOT_AUTHORISED = "A"


class Core(Link[Event]):
    """One user over all connections. ``now_ns`` is the time for first ClOrdIDs, nanoseconds UTC."""

    def __init__(
        self, username: str, password: str, settings: Settings, now_ns: int, chance: Callable[[], float]
    ) -> None:
        super().__init__(settings, chance)
        self.protocol = ClientProtocol(settings.next_number)
        self.orders = OrderTracker()
        self.instruments: dict[str, Instrument] = {}
        """By symbol."""
        self._credentials = username, password
        self._symbols: dict[int, str] = {}
        first = settings.first_cl_ord_id
        self._next_cl_ord_id = now_ns if first is None else first
        self._complete = settings.next_number == 1
        """Whether all open orders are known here."""
        self._outcomes: dict[int, Reply[Any] | None] = {}
        """Who waits for what comes of each command that is under way; None: nobody."""
        self._lists: dict[int, list[int]] = {}
        """The legs of each list that is under way."""
        self._first_answers: dict[int, Reply[Any]] = {}
        """To what has to be asked on each connection before it is anybody's."""
        self._answers: dict[int, tuple[Ask, Reply[Any]]] = {}
        self._unasked: list[tuple[Ask, Reply[Any]]] = []
        """Queries whose connection was lost before they were answered."""
        self._endings: dict[int, tuple[TrackedOrder, Reply[TrackedOrder]]] = {}
        """By the identity of the order."""
        self._configure: Ask | None = None
        """Makes the request for what the program has configured, which has to be asked for on each connection."""
        self._preparing = 0

    # ---- the connection ---------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """See :class:`Link`. Raises ``ValueError`` if the name or password doesn't fit SoupBinTCP's fields: at once, as
        no connection could use them."""
        self.protocol.log_in(*self._credentials)
        super().enter()

    @property
    def words(self) -> str:
        """See :class:`Link`."""
        return self.protocol.last_debug

    def receive(self, data: bytes) -> None:
        """See :class:`Link`; keeps ``orders`` up to date."""
        for item in self.protocol.read(data):
            self._take(item)
        self.protocol.check()

    def _greet(self) -> None:
        self._unsent.append(self.protocol.log_in(*self._credentials))

    def _take(self, item: Input) -> None:
        if isinstance(item, LoggedIn):
            self.waits_for = "the venue's challenge, although the session may have no keys"
            if self.settings.key is None:
                self._prepare()
        elif isinstance(item, Challenged):
            if self.settings.key is None:
                raise LoginRefused(_NOT_AUTHORISED, "the session's logins have to be signed: its key is needed")
            self._unsent.append(self.protocol.authenticate(self.settings.key, item.nonce))
        elif isinstance(item, Answered):
            self._on_answered(item)
        elif self._down is not None and isinstance(item, MessageRejected):
            later = item.reason == MessageRejectReason.SESSION_NOT_AVAILABLE
            raise LoginRefused(SESSION_NOT_AVAILABLE if later else _NOT_AUTHORISED, item.text)
        else:
            self._on_event(item)

    def _prepare(self) -> None:
        """Asks for what is needed before the connection is anybody's."""
        self._up()
        earlier = list(self._outcomes)
        self._preparing = 1
        self._ask_first(self.protocol.instruments(), self.learn_instruments)
        if self._configure is not None:
            self._ask_first(self._configure(), _take_note)
        if earlier or not self._complete:
            self._ask_first(self.protocol.open_orders(), lambda states: self._reconcile(states, earlier))
        unasked, self._unasked = self._unasked, []
        for ask, reply in unasked:
            self._ask(ask, reply)
        self._prepared()

    def _ask_first(self, request: tuple[int, bytes], then: Callable[[Any], object]) -> None:
        request_id, packet = request
        reply: Reply[Any] = Reply()

        def answered() -> None:
            with contextlib.suppress(RequestRefused):  # a session that may not ask has none of this
                then(reply.get())
            self._prepared()

        reply.wake = answered
        self._preparing += 1
        self._first_answers[request_id] = reply
        self._unsent.append(packet)

    def _prepared(self) -> None:
        self._preparing -= 1
        if not self._preparing:
            self._get_ready()

    def _reconcile(self, states: list[OrderState], earlier: list[int]) -> None:
        self.orders.learn(states)
        self._complete = True
        for cl_ord_id in earlier:
            if cl_ord_id in self._outcomes:
                self._void(cl_ord_id, Undelivered(cl_ord_id))

    def _dropped(self, error: ClientError, *, final: bool) -> None:
        self._first_answers.clear()
        self._unasked += self._answers.values()
        self._answers.clear()
        if final:
            unasked, self._unasked = self._unasked, []
            for _, reply in unasked:
                reply.fail(anew(error))
            for cl_ord_id, waiting in self._outcomes.items():
                if waiting is not None:
                    self._outcomes[cl_ord_id] = None
                    waiting.fail(anew(error))
            endings, self._endings = self._endings, {}
            for _, ending in endings.values():
                ending.fail(anew(error))

    # ---- what comes -------------------------------------------------------------------------------------------------

    def _on_answered(self, answered: Answered) -> None:
        if not answered.request_id and isinstance(answered.result, SessionConfiguration):
            self._prepare()
            return
        reply = self._first_answers.pop(answered.request_id, None)
        if reply is None:
            _, reply = self._answers.pop(answered.request_id, (None, None))
        if reply is None:
            return
        if isinstance(answered.result, RequestRefused):
            reply.fail(answered.result)
        else:
            reply.settle(answered.result)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, MessageRejected):
            self._on_message_rejected(event)
        elif not isinstance(event, UnknownReport):
            order = self.orders.apply(event)
            if type(event) in _OUTCOMES and event.cl_ord_id in self._outcomes:
                self._decided(event)
            if order is not None:
                self._see_ending(order)
        self._add(event)

    def _decided(self, outcome: OrderReport) -> None:
        cl_ord_id = outcome.cl_ord_id
        if isinstance(outcome, Canceled) and outcome.reason is CancelReason.MASS_CANCEL:
            return  # a report of its own follows
        waiting = self._outcomes.pop(cl_ord_id)
        if self._lists:
            self._lists = {number: legs for number, legs in self._lists.items() if legs[0] != cl_ord_id}
        if waiting is not None:
            waiting.settle(outcome)

    def _on_message_rejected(self, event: MessageRejected) -> None:
        names = [event.ref_id]
        if event.template_id == codec.NEW_LIST.template_id:
            names = self._lists.pop(event.ref_id, [])
        for cl_ord_id in names:
            if cl_ord_id in self._outcomes:
                self._void(cl_ord_id, RequestRefused(event.reason, event.text))

    def _void(self, cl_ord_id: int, error: ClientError) -> None:
        """Nothing comes of a command."""
        waiting = self._outcomes.pop(cl_ord_id)
        order = self.orders.void(cl_ord_id)
        if waiting is not None:
            waiting.fail(error)
        if order is not None:
            self._see_ending(order)

    def _see_ending(self, order: TrackedOrder) -> None:
        if self._endings and not order.is_open:
            ending = self._endings.pop(id(order), None)
            if ending is not None:
                ending[1].settle(order)

    # ---- for the requests -------------------------------------------------------------------------------------------

    def learn_instruments(self, instruments: Iterable[Instrument]) -> None:
        """What the venue lists."""
        for instrument in instruments:
            self.instruments[instrument.symbol] = instrument
            self._symbols[instrument.security_id] = instrument.symbol

    def symbol(self, security_id: int) -> str:
        """The symbol of ``security_id``, or the number as text if the venue doesn't list it."""
        return self._symbols.get(security_id, str(security_id))

    def _command(self, packet: bytes, *cl_ord_ids: int) -> None:
        self._unsent.append(packet)
        for cl_ord_id in cl_ord_ids:
            self._outcomes[cl_ord_id] = None

    def _outcome(self, cl_ord_id: int, reply: Reply[Any]) -> None:
        """``reply`` is for what comes of a command that has just been made."""
        self._outcomes[cl_ord_id] = reply

    def _ask(self, ask: Ask, reply: Reply[Any]) -> None:
        request_id, packet = ask()
        self._answers[request_id] = ask, reply
        self._unsent.append(packet)

    def _ending(self, order: TrackedOrder) -> Reply[TrackedOrder]:
        known = self._endings.get(id(order))
        if known is not None:
            return known[1]
        reply: Reply[TrackedOrder] = Reply()
        self._endings[id(order)] = order, reply
        return reply

    def _choose(self, cl_ord_id: int | None) -> int:
        if cl_ord_id is not None:
            return cl_ord_id
        chosen = self._next_cl_ord_id
        self._next_cl_ord_id = chosen + 1
        return chosen


def _take_note(configuration: SessionConfiguration) -> None:
    """What was configured is in force again."""
