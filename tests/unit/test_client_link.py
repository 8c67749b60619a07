"""An order entry client without sockets: logins, lost connections, and what becomes of what was under way."""

from __future__ import annotations

import base64
from decimal import Decimal

import pytest
from binary_samples import accepted, directory, image, report
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients import (
    Accepted,
    Backoff,
    Canceled,
    CancelOnDisconnect,
    CancelRejected,
    ConnectionLost,
    Contingency,
    Ed25519Key,
    Event,
    HmacKey,
    LoginRefused,
    MassCancelScope,
    Order,
    ProtocolError,
    Rejected,
    Replaced,
    RequestRefused,
    SelfTrade,
    Side,
    Undelivered,
)
from clients.backoff import Returning
from clients.requests import Requests
from clients.settings import Settings
from engine.events import CancelRejected as CancelWasRejected
from engine.events import OrderAccepted, OrderCanceled, OrderRejected, OrderReplaced
from engine.queries import OpenOrdersAnswer, OpenOrdersQuery, OrderStatusAnswer, OrderStatusQuery
from engine.session_profile import Rights
from engine.types import SCALE, CancelReason, OrdStatus
from gateways.binary import codec, soup
from gateways.binary.answers import encode_answer, instrument_list, message_reject
from gateways.binary.authentication import encode_challenge, read_authenticate, signed_payload
from gateways.binary.codec import HEADER_SIZE
from gateways.binary.outbound import encode_reports
from gateways.binary.rejects import MessageRejectReason

SESSION = "TRADEENG"


def requests(**options: object) -> Requests:
    settings = Settings(**{"reconnect": Backoff(spread=0), "first_cl_ord_id": 100, **options})  # type: ignore[arg-type]
    made = Requests("TRADR1", "demo", settings, 0, lambda: 0.0)
    made.enter()
    return made


def asked(client: Requests) -> list[bytes]:
    """What the client has to send, as payloads of Unsequenced Data."""
    packets, rest, error = soup.split(client.take_unsent(), soup.PAYLOAD_MAX)
    assert not rest
    assert not error
    return [payload for kind, payload in packets if kind == soup.UNSEQUENCED_DATA]


def template_ids(payloads: list[bytes]) -> list[int]:
    return [codec.HEADER.unpack_from(payload)[1] for payload in payloads]


def request_id(payload: bytes) -> int:
    return int.from_bytes(payload[HEADER_SIZE : HEADER_SIZE + 8], "little")


def log_in(client: Requests, next_number: int = 1) -> list[bytes]:
    """The venue accepts; what the client asks for then."""
    client.begin()
    client.take_unsent()
    client.receive(soup.login_accepted(SESSION, next_number))
    return asked(client)


def connected(client: Requests, next_number: int = 1) -> Requests:
    (instruments,) = log_in(client, next_number)
    client.receive(instrument_list(request_id(instruments), directory()))
    assert client.ready
    asked(client)
    return client


def come_back(client: Requests, next_number: int, *still_open: int) -> None:
    instruments, orders = log_in(client, next_number)
    client.receive(instrument_list(request_id(instruments), directory()))
    assert not client.ready
    query = OpenOrdersQuery(3, str(request_id(orders)))
    states = [image(number, order_id=500 + number) for number in still_open]
    client.receive(encode_answer(OpenOrdersAnswer(query, states)))
    assert client.ready


def lose(client: Requests) -> float | None:
    return client.lost(ConnectionLost("cable"), 0.0)


def events(client: Requests) -> list[Event]:
    taken = list(client.events)
    client.events.clear()
    return taken


# ---- what becomes of commands ----------------------------------------------------------------------------------------


def test_an_outcome_comes_in_the_replay() -> None:
    client = connected(requests())
    placed = client.place("BTC/USDT", Side.BUY, 1, 10)
    assert lose(client) == pytest.approx(0.1)
    assert not placed.done
    instruments, orders = log_in(client)
    client.receive(encode_reports([accepted(1, 100)]) + instrument_list(request_id(instruments), directory()))
    query = OpenOrdersQuery(3, str(request_id(orders)))
    client.receive(encode_answer(OpenOrdersAnswer(query, [image(100)])))
    outcome = placed.get()
    assert isinstance(outcome, Accepted)
    assert outcome.cl_ord_id == 100
    assert [event.number for event in events(client)] == [1]  # type: ignore[union-attr]
    assert [order.cl_ord_id for order in client.orders.open()] == [100]


def test_what_the_venue_never_got_is_known_when_it_has_answered_a_query() -> None:
    client = connected(requests())
    client.receive(encode_reports([accepted(1, 1)]))
    placed = client.place("BTC/USDT", Side.BUY, 1, 10)
    amended = client.amend(1, price=9)
    pulled = client.pull(1)
    ended = client.ended(100)
    order = client.orders.get(1)
    assert order is not None
    assert (order.replaces, order.cancels) == ({101}, {102})
    lose(client)
    come_back(client, 2, 1)
    for reply, number in ((placed, 100), (amended, 101), (pulled, 102)):
        with pytest.raises(Undelivered, match=f"{number}: the connection broke before the venue got it"):
            reply.get()
    assert ended.get().status is OrdStatus.REJECTED
    assert [each.cl_ord_id for each in client.orders.open()] == [1]
    assert not order.is_pending
    again = client.place("BTC/USDT", Side.BUY, 1, 10, cl_ord_id=100)
    client.receive(encode_reports([accepted(2, 100)]))
    assert isinstance(again.get(), Accepted)


def test_what_is_sent_on_the_new_connection_is_not_taken_for_lost() -> None:
    client = connected(requests())
    client.place("BTC/USDT", Side.BUY, 1, 10)
    lose(client)
    instruments, orders = log_in(client)
    fresh = client.place("BTC/USDT", Side.BUY, 1, 10) if client.accepted else None
    client.receive(instrument_list(request_id(instruments), directory()))
    client.receive(encode_answer(OpenOrdersAnswer(OpenOrdersQuery(3, str(request_id(orders))), [])))
    assert fresh is not None
    assert not fresh.done


def test_each_command_has_its_outcome() -> None:
    client = connected(requests())
    placed, refused = client.place(7, Side.BUY, 1, 10), client.place(7, Side.BUY, 1, 10)
    rejected = image(101, OrdStatus.REJECTED)
    client.receive(encode_reports([accepted(1, 100), report(2, OrderRejected(rejected, 99, "no"), rejected)]))
    assert isinstance(placed.get(), Accepted)
    assert isinstance(refused.get(), Rejected)
    amended, pulled, all_gone = client.amend(100, price=9), client.pull(100), client.pull_all()
    changed, gone = image(102), image(102, OrdStatus.CANCELED)
    mass = OrderCanceled(gone, CancelReason.MASS_CANCEL, "104")
    too_late = CancelWasRejected(3, 21, "103", "102", False, 0, "too late", gone)
    client.receive(encode_reports([report(3, OrderReplaced(changed, "100", False), changed), report(4, mass, gone)]))
    assert isinstance(amended.get(), Replaced)
    assert not all_gone.done, "the order's end is not the mass cancel's"
    client.receive(encode_reports([report(5, too_late)]))
    assert isinstance(pulled.get(), CancelRejected)


def test_the_end_of_an_order_can_be_waited_for_and_looked_up() -> None:
    client = connected(requests())
    number = client.new_order(7, Side.BUY, 1, 10)
    ended = client.ended(number)
    assert client.ended(number) is ended
    gone = image(number, OrdStatus.CANCELED)
    client.receive(encode_reports([accepted(1, number), report(2, OrderCanceled(gone, CancelReason.OPERATOR), gone)]))
    assert ended.get().status is OrdStatus.CANCELED
    assert client.ended(number).get() is ended.get()
    with pytest.raises(ValueError, match="order 5 is not known here"):
        client.ended(5)


def test_what_the_venue_could_not_read_has_no_outcome() -> None:
    client = connected(requests())
    placed = client.place(8, Side.BUY, 1, 10)
    reason = MessageRejectReason.UNKNOWN_SECURITY
    client.receive(message_reject(1, 100, codec.NEW_ORDER.template_id, reason, "unknown SecurityID 8"))
    with pytest.raises(RequestRefused, match="unknown SecurityID 8"):
        placed.get()
    client.new_list(8, Contingency.OCO, [Order(Side.SELL, 1, 10), Order(Side.SELL, 1, 11)], list_id=55)
    client.receive(message_reject(2, 55, codec.NEW_LIST.template_id, reason, "unknown SecurityID 8"))
    assert len(client.orders) == 0
    assert len(events(client)) == 2


def test_without_a_way_back_whoever_waits_is_told() -> None:
    client = connected(requests(reconnect=None))
    placed, ended, queried = client.place(7, Side.BUY, 1, 10), client.ended(100), client.book(7)
    assert lose(client) is None
    for reply in (placed, ended, queried):
        with pytest.raises(ConnectionLost, match="cable"):
            reply.get()  # type: ignore[attr-defined]
    with pytest.raises(ConnectionLost, match="cable"):
        client.new_order(7, Side.BUY, 1, 10)
    assert [order.cl_ord_id for order in client.orders.open()] == [100], "nothing that could not be sent is tracked"


def test_queries_are_asked_again() -> None:
    client = connected(requests())
    queried = client.order_status(5)
    asked(client)
    lose(client)
    instruments, again = log_in(client)
    assert template_ids([again]) == [codec.ORDER_STATUS_REQUEST.template_id]
    client.receive(instrument_list(request_id(instruments), directory()))
    assert client.ready
    assert not queried.done
    client.receive(encode_answer(OrderStatusAnswer(OrderStatusQuery(3, str(request_id(again)), "5"), image(5))))
    state = queried.get()
    assert state is not None
    assert state.cl_ord_id == 5


# ---- what is known after a restart -----------------------------------------------------------------------------------


def test_open_orders_are_learnt_where_the_stream_does_not_begin_at_the_first_report() -> None:
    client = requests(next_number=0)
    come_back(client, 17, 4, 5)
    assert [order.cl_ord_id for order in client.orders.open()] == [4, 5]
    assert client.protocol.next_number == 17
    known = client.orders.get(4)
    client.orders.learn([])
    lose(client)
    connected(client, 17)
    assert client.orders.get(4) is known


def test_a_session_that_may_not_ask_has_no_orders() -> None:
    client = requests(next_number=0)
    instruments, orders = log_in(client, 3)
    reason = MessageRejectReason.NOT_AUTHORIZED
    client.receive(instrument_list(request_id(instruments), directory()))
    client.receive(message_reject(1, request_id(orders), codec.OPEN_ORDERS_REQUEST.template_id, reason, "no"))
    assert client.ready


# ---- logins ----------------------------------------------------------------------------------------------------------


def test_a_login_goes_on_where_the_stream_was() -> None:
    client = connected(requests())
    client.receive(encode_reports([accepted(1, 1), accepted(2, 2)]))
    lose(client)
    client.begin()
    assert soup.parse_login_request(client.take_unsent()[3:]) == soup.LoginRequest("TRADR1", "demo", SESSION, 3)
    with pytest.raises(ProtocolError, match="goes on with number 4, not with 3"):
        client.receive(soup.login_accepted(SESSION, 4))


def test_reports_before_an_error_count() -> None:
    client = connected(requests())
    with pytest.raises(ConnectionLost, match="ended the session"):
        client.receive(encode_reports([accepted(1, 1)]) + soup.END_OF_SESSION_PACKET)
    assert len(events(client)) == 1
    client.begin()
    client.receive(soup.login_accepted(SESSION, 2))
    nonsense = soup.packet(soup.SEQUENCED_DATA, b"short")
    with pytest.raises(ProtocolError, match="unreadable"):
        client.receive(encode_reports([accepted(2, 2)]) + nonsense + encode_reports([accepted(4, 4)]))
    assert len(events(client)) == 1
    assert client.protocol.next_number == 3


@pytest.mark.parametrize("kind", ["ed25519", "hmac"])
def test_a_challenge_is_answered_with_the_key(kind: str) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = Ed25519Key(bytes(32), "k1") if kind == "ed25519" else HmacKey(b"0123456789abcdef", "k1")
    assert repr(key).endswith("Key('k1')")
    client = requests(key=key)
    assert log_in(client) == [], "nothing is asked for before"
    assert not client.accepted
    packet, nonce = encode_challenge(bytes(range(32)), 0)
    client.receive(packet)
    (payload,) = asked(client)
    answer = read_authenticate(payload)
    assert answer.key_id == "k1"
    text = signed_payload(SESSION, "TRADR1", nonce)
    if kind == "ed25519":
        private.public_key().verify(answer.signature, text)
    else:
        assert answer.signature == key.sign(text)
    client.receive(codec.SESSION_CONFIGURATION_REPORT.pack(0, 1, 0, 60_000, 0, 0, 0, 3, 0, 0))
    assert template_ids(asked(client)) == [codec.INSTRUMENT_LIST_REQUEST.template_id]
    assert client.accepted


def test_a_session_that_must_sign_needs_its_key() -> None:
    client = requests()
    log_in(client)
    with pytest.raises(LoginRefused, match="its key is needed"):
        client.receive(encode_challenge(bytes(32), 0)[0])
    assert len(base64.b64decode(encode_challenge(bytes(32), 0)[1])) == 32


@pytest.mark.parametrize(
    ("reason", "code"),
    [(MessageRejectReason.AUTHENTICATION_FAILED, "A"), (MessageRejectReason.SESSION_NOT_AVAILABLE, "S")],
)
def test_a_refused_signature_is_a_refused_login(reason: MessageRejectReason, code: str) -> None:
    client = requests(key=HmacKey(b"0123456789abcdef"))
    log_in(client)
    with pytest.raises(LoginRefused, match="wrong") as refused:
        client.receive(message_reject(1, 0, codec.AUTHENTICATE.template_id, reason, "wrong"))
    assert refused.value.code == code


def test_what_was_configured_is_asked_for_on_each_connection() -> None:
    client = connected(requests())
    configured = client.configure(CancelOnDisconnect.DISCONNECT, cancel_window_ms=500, self_trade=SelfTrade.CANCEL_BOTH)
    (payload,) = asked(client)
    values = codec.SESSION_CONFIGURATION.unpack(payload, HEADER_SIZE)
    assert values[1:] == (2, 500, SelfTrade.CANCEL_BOTH, 0, 0)
    client.receive(codec.SESSION_CONFIGURATION_REPORT.pack(values[0], 2, 500, 60_000, 3, 0, 0, 3, 100, 200))
    said = configured.get()
    assert (said.cancel_on_disconnect, said.cancel_window_ms) == (CancelOnDisconnect.DISCONNECT, 500)
    assert (said.rights, said.rate_per_second, said.rate_burst) == (Rights.TRADE | Rights.MARKET_DATA, 100, 200)
    lose(client)
    payloads = log_in(client)
    assert codec.SESSION_CONFIGURATION.unpack(payloads[1], HEADER_SIZE)[1:] == values[1:]
    client.receive(instrument_list(request_id(payloads[0]), directory()))
    assert not client.ready
    client.receive(codec.SESSION_CONFIGURATION_REPORT.pack(request_id(payloads[1]), 2, 500, 60_000, 3, 0, 0, 3, 0, 0))
    assert client.ready


def test_version_3_is_written_only_where_it_is_needed() -> None:
    client = connected(requests())
    client.mass_cancel(scope=MassCancelScope.SESSION)
    client.new_order(7, Side.BUY, 1, 10, on_disconnect=CancelOnDisconnect.OFF, self_trade_id=9)
    client.new_list(7, Contingency.OCO, [Order(Side.SELL, 1, 10), Order(Side.SELL, 1, 11, self_trade_id=4)])
    client.mass_cancel()
    client.new_order(7, Side.BUY, 1, 10, hidden=True)
    scoped, guarded, listed, plain, hidden = asked(client)
    assert codec.MASS_CANCEL_SCOPED.unpack(scoped, HEADER_SIZE)[-1] == MassCancelScope.SESSION
    assert codec.NEW_SPECIAL_ORDER_3.unpack(guarded, HEADER_SIZE)[-2:] == (1, 9)
    assert [leg[-2:] for leg in codec.read_legs(listed)] == [(0, 0), (0, 4)]
    versions = [codec.HEADER.unpack_from(payload)[3] for payload in (scoped, guarded, listed, plain, hidden)]
    assert versions == [3, 3, 3, 1, 2]


def test_what_version_3_says_is_read() -> None:
    client = connected(requests())
    special = image(1)
    packet = codec.ACCEPTED_3.pack(
        *codec.ACCEPTED.unpack(encode_reports([report(1, OrderAccepted(special), special)])[3:], HEADER_SIZE),
        *codec.STANDING.unpack(bytes(codec.STANDING.size)),
        3,
        77,
    )
    rejected = image(2, OrdStatus.REJECTED)
    client.receive(packet + encode_reports([report(2, OrderRejected(rejected, 6, "duplicate ClOrdID"), rejected)]))
    order, refusal = events(client)
    assert isinstance(order, Accepted)
    assert order.special is not None
    assert (order.special.on_disconnect, order.special.self_trade_id) == (CancelOnDisconnect.LOGOUT, 77)
    assert isinstance(refusal, Rejected)
    assert refusal.reject_reason > 0


# ---- coming back -----------------------------------------------------------------------------------------------------


def test_delays_grow_up_to_the_longest_and_leave_a_part_to_chance() -> None:
    backoff = Backoff(first_s=1, factor=2, longest_s=5, spread=0.5)
    assert [backoff.delay_s(n, 0.0) for n in range(5)] == [1, 2, 4, 5, 5]
    assert [backoff.delay_s(n, 1.0) for n in (0, 1, 10_000)] == [0.5, 1, 2.5]


@pytest.mark.parametrize(
    "wrong", [{"first_s": 0}, {"longest_s": -1}, {"factor": 0.5}, {"spread": 2}, {"unavailable_s": 0}]
)
def test_a_way_back_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Backoff(**wrong)  # type: ignore[arg-type]


def test_some_refusals_pass_and_others_don_t() -> None:
    returning = Returning(Backoff(first_s=1, spread=0, unavailable_s=60))
    later, never = LoginRefused("S", "already logged on"), LoginRefused("A", "wrong credentials")
    assert returning.delay_s(later, 100.0, 0.0) == 1
    assert returning.delay_s(ConnectionLost("refused"), 159.0, 0.0) == 2
    assert returning.delay_s(later, 160.0, 0.0) == 4
    assert returning.delay_s(later, 219.0, 0.0) == 5
    assert returning.delay_s(later, 220.0, 0.0) is None
    returning.succeeded()
    assert returning.delay_s(later, 221.0, 0.0) == 1
    assert returning.delay_s(never, 221.0, 0.0) is None
    assert returning.delay_s(ProtocolError("nonsense"), 221.0, 0.0) is None
    assert Returning(None).delay_s(ConnectionLost("cable"), 0.0, 0.0) is None


def test_the_first_connection_is_not_tried_twice() -> None:
    client = requests()
    assert lose(client) is None
    assert isinstance(client.failure, ConnectionLost)


def test_an_average_price_is_of_the_fills() -> None:
    client = connected(requests())
    order = client.orders.sent(9, 7, Side.BUY, 0, Decimal(1), Decimal(4))
    assert order.avg_px == 0
    order.cum_qty, order.cum_notional = Decimal(4), Decimal(10)
    assert order.avg_px == Decimal("2.5")
    assert SCALE == 10**8


def test_ended_orders_are_kept_up_to_a_number() -> None:
    client = connected(requests())
    client.orders._ended_max = 2
    for number in (1, 2, 3):
        gone = image(number, OrdStatus.CANCELED)
        cancel = OrderCanceled(gone, CancelReason.REQUESTED, "50")
        client.receive(encode_reports([accepted(2 * number - 1, number), report(2 * number, cancel, gone)]))
    assert [client.orders.ended(number) is None for number in (1, 2, 3)] == [True, False, False]
    assert sum(isinstance(event, Canceled) for event in events(client)) == 3
