"""An account's actor: reserve before the book, settle after the journal."""

from __future__ import annotations

from typing import Any

import pytest
from cranked_venue import CrankedVenue
from engine_builders import (
    BUY,
    SELL,
    bracket,
    cancel,
    genesis,
    image,
    instrument,
    market,
    mass_cancel,
    new,
    oco,
    opened_session,
    replace,
    stop,
    trailing,
)

from actors.account import AccountActor
from actors.messages import Barrier, Behind, Collect, Outcome, ResumeMassCancels, SetBlocked, Settle, Transfer
from actors.runtime import Mailbox
from actors.standins import SuspendedAccountActor
from engine import events as ev
from engine.account import Account
from engine.commands import CancelAll
from engine.fold import request_id_of
from engine.protection import Touch
from engine.reservations import Reservations
from engine.types import (
    SCALE,
    Activation,
    CancelReason,
    CxlRejReason,
    OrdRejReason,
    OrdStatus,
    OrdType,
    RestateReason,
    UpdateCause,
)

TOO_POOR = "insufficient BTC: needs 11, free 10"


class World:
    """An account of 1,000 USDT and 10 BTC, two books, no journal behind it."""

    def __init__(self) -> None:
        self.journal: Mailbox[Any] = Mailbox("journal", 1000)
        self.books: dict[int, Mailbox[Any]] = {key: Mailbox(f"book {key}", 1000) for key in (1, 2)}
        self.touches: dict[int, Touch] = {}
        self.reservations = Reservations()
        listed = instrument(maker_fee=0, taker_fee=0)
        account = Account(ev.AccountOpened(2, "ACC2", "FIRM"), {1: listed, 2: listed})
        account.apply(ev.Deposited(2, "USDT", 1000 * SCALE, "op"))
        account.apply(ev.Deposited(2, "BTC", 10 * SCALE, "op"))
        self.account = account
        self.actor = AccountActor(account, self.reservations, 10, self.journal, self.books, self.touches)
        self.seq = 10

    def run(self, *batch: Any) -> list[Any]:
        """Handles ``batch``; what the journal was told."""
        self.actor.on_batch(iter(batch))
        for book in self.books.values():
            commands = book.take()
            for message in commands:
                if isinstance(message, Behind):
                    self.journal.tell(message.outcome)
            book.put_back([message for message in commands if not isinstance(message, Behind)])
        return self.journal.take()

    def settle(self, *events: Any, seq: int | None = None) -> list[Any]:
        self.seq += 1
        return self.run(Settle(self.seq if seq is None else seq, list(events)))

    def pending(self) -> tuple[int, int]:
        return self.reservations.pending.get("USDT", 0) // SCALE, len(self.reservations)


def test_an_order_is_reserved_for_and_sent_to_its_book() -> None:
    world = World()
    assert world.run(new("a")) == []
    assert world.books[1].take() == [new("a")]
    assert world.pending() == (100, 1)
    world.settle(ev.OrderAccepted(image("a", hold=100 * SCALE)))
    assert world.pending() == (0, 0)
    assert world.account.held == {"USDT": 100 * SCALE}


def test_what_cannot_be_afforded_is_refused_with_its_inbound_numbers() -> None:
    world = World()
    (outcome,) = world.run(new("a", px=1001 * SCALE, in_from=4, in_seq=5))
    assert (outcome.session_id, outcome.in_from, outcome.in_seq) == (1, 4, 5)
    (rejected,) = outcome.events
    assert (rejected.reason, rejected.order.status) == (OrdRejReason.ORDER_EXCEEDS_LIMIT, OrdStatus.REJECTED)
    assert len(world.books[1]) == 0
    assert world.pending() == (0, 0)


def test_a_replace_that_cannot_be_afforded_names_its_live_order() -> None:
    world = World()
    live = image("a", hold=100 * SCALE)
    world.settle(ev.OrderAccepted(live))
    (outcome,) = world.run(replace("b", "a", px=1001 * SCALE))
    (rejected,) = outcome.events
    assert (rejected.is_replace, rejected.order, rejected.reason) == (True, live, CxlRejReason.OTHER)
    assert world.run(replace("c", "a", px=1000 * SCALE)) == []
    assert [command.cl_ord_id for command in world.books[1].take()] == ["c"]


def test_a_market_orders_price_comes_from_the_touch() -> None:
    world = World()
    world.touches[1] = Touch(90 * SCALE, 110 * SCALE, 100 * SCALE)
    world.run(market("a", BUY), market("b", SELL))
    assert [command.px for command in world.books[1].take()] == [121 * SCALE, 81 * SCALE]


def test_a_triggered_orders_price_comes_from_its_trigger_and_the_touch() -> None:
    world = World()
    (refused,) = world.run(trailing("t", SELL, 10 * SCALE))
    assert refused.events[0].text == "no price to trail"
    world.touches[1] = Touch(90 * SCALE, 0, 100 * SCALE)
    world.run(stop("s", BUY, 50 * SCALE), trailing("t", SELL, 10 * SCALE))
    assert [command.px for command in world.books[1].take()] == [55 * SCALE, 81 * SCALE]


def test_a_list_is_reserved_for_leg_by_leg_and_sent_to_its_book_as_one() -> None:
    world = World()
    legs = (new("p", SELL, 4 * SCALE, 120 * SCALE), stop("s", SELL, 90 * SCALE, 4 * SCALE))
    assert world.run(bracket("L", new("e", BUY, 4 * SCALE), *legs)) == []
    (told,) = world.books[1].take()
    assert [(leg.cl_ord_id, leg.px // SCALE) for leg in told.legs] == [("e", 100), ("p", 120), ("s", 81)]
    assert world.pending() == (400, 3)
    world.settle(ev.OrderAccepted(image("e", hold=400 * SCALE)))
    assert world.pending() == (0, 2)
    world.settle(ev.OrderAccepted(image("p", side=SELL)), ev.OrderAccepted(image("s", side=SELL)))
    assert world.pending() == (0, 0)


def test_a_list_that_the_book_refuses_leaves_nothing_reserved() -> None:
    world = World()
    world.run(oco("L", new("a", SELL), new("b", SELL)))
    assert len(world.reservations) == 2
    world.settle(
        ev.OrderRejected(image("a", order_id=0), OrdRejReason.OTHER, "leg 2 of the list was refused"),
        ev.OrderRejected(image("b", order_id=0), OrdRejReason.INCORRECT_QUANTITY, "no"),
    )
    assert len(world.reservations) == 0


def test_a_list_that_the_account_refuses_is_one_outcome_with_a_refusal_for_each_leg() -> None:
    world = World()
    (outcome,) = world.run(oco("L", new("a", SELL), new("b", SELL, 11 * SCALE), in_from=4, in_seq=5))
    assert (outcome.session_id, outcome.in_from, outcome.in_seq) == (1, 4, 5)
    first, second = outcome.events
    assert (first.order.cl_ord_id, first.reason, first.text) == ("a", OrdRejReason.ORDER_EXCEEDS_LIMIT, TOO_POOR)
    assert (second.order.cl_ord_id, second.text) == ("b", "leg 1 of the list was refused")
    assert len(world.books[1]) == 0


def test_a_replace_that_names_no_price_leaves_with_the_one_that_it_keeps() -> None:
    world = World()
    world.settle(ev.OrderAccepted(image("a", ord_type=OrdType.MARKET, px=110 * SCALE, hold=110 * SCALE)))
    assert world.run(replace("b", "a", 2 * SCALE, 0)) == []
    assert [command.px for command in world.books[1].take()] == [110 * SCALE]
    assert world.pending() == (110, 1)


@pytest.mark.parametrize("is_live", [True, False])
def test_a_replace_in_flight_makes_up_for_what_the_venue_takes_off_its_order(is_live: bool) -> None:
    world = World()
    asked = new("a", qty=4 * SCALE)
    if is_live:
        world.settle(ev.OrderAccepted(image("a", order_qty=4 * SCALE, leaves_qty=4 * SCALE, hold=400 * SCALE)))
    else:
        world.run(asked)
    world.run(replace("b", "a", 6 * SCALE))
    assert world.pending()[0] == (200 if is_live else 600)
    less = image("a", order_qty=SCALE, leaves_qty=SCALE, hold=100 * SCALE)
    world.settle(ev.OrderRestated(less, RestateReason.SELF_TRADE) if is_live else ev.OrderAccepted(less))
    assert world.pending() == (500, 1)
    world.settle(ev.OrderReplaced(image("b", order_qty=6 * SCALE, leaves_qty=6 * SCALE, hold=600 * SCALE), "a", False))
    assert world.pending() == (0, 0)
    assert world.account.held == {"USDT": 600 * SCALE}


@pytest.mark.parametrize(
    "event",
    [
        ev.OrderTriggered(image("a", hold=90 * SCALE, px=90 * SCALE), Activation.TRIGGER),
        ev.OrderRestated(image("a", hold=90 * SCALE, order_qty=SCALE // 2), RestateReason.SELF_TRADE),
        ev.OrderUpdated(image("a", hold=90 * SCALE), UpdateCause.HOLD),
    ],
    ids=lambda event: type(event).__name__,
)
def test_the_hold_follows_what_the_venue_does_to_an_order(event: Any) -> None:
    world = World()
    world.settle(ev.OrderAccepted(image("a", hold=100 * SCALE)))
    assert world.settle(event) == []
    assert world.account.held == {"USDT": 90 * SCALE}
    assert world.account.open_orders() == [event.order]


def test_cancels_pass_also_from_a_blocked_account() -> None:
    world = World()
    calls: list[int] = []
    world.run(SetBlocked(True, "op", calls.append))
    world.books[1].take()
    (outcome,) = world.run(cancel("x", "a"), new("b"))
    assert world.books[1].take() == [cancel("x", "a")]
    assert outcome.events[0].text == "account ACC2 is blocked"


# ---- what ends a reservation ---------------------------------------------------------------------------------------

ENDED = {"status": OrdStatus.CANCELED, "leaves_qty": 0}
REJECTED = image("a", order_id=0, status=OrdStatus.REJECTED, leaves_qty=0)


@pytest.mark.parametrize(
    "event",
    [
        ev.OrderAccepted(image("a")),
        ev.OrderRejected(REJECTED, OrdRejReason.OTHER, "no"),
        ev.OrderReplaced(image("a"), "z", False),
        ev.CancelRejected(1, 2, "a", "z", True, CxlRejReason.TOO_LATE_TO_CANCEL, "no"),
        ev.OrderCanceled(image("z", **ENDED), CancelReason.REDUCED_TO_FILLED, "a"),
    ],
    ids=lambda event: str(type(event).__name__),
)
@pytest.mark.parametrize("rebuilt", [False, True])
def test_the_commands_outcome_ends_it_also_where_a_rebuild_has_folded_the_outcome(
    event: ev.Event, rebuilt: bool
) -> None:
    world = World()
    world.run(new("a"))
    world.settle(event, seq=10 if rebuilt else 11)
    assert world.pending() == (0, 0)
    assert (world.actor.settled_seq, bool(world.account.orders_open)) == (
        10 if rebuilt else 11,
        not rebuilt and isinstance(event, ev.OrderAccepted | ev.OrderReplaced),
    )


@pytest.mark.parametrize(
    "event",
    [
        ev.OrderRejected(REJECTED, OrdRejReason.DUPLICATE_ORDER, "duplicate"),
        ev.CancelRejected(1, 2, "a", "z", True, CxlRejReason.DUPLICATE_CL_ORD_ID, "duplicate"),
        ev.OrderRejected(image("b", order_id=0), OrdRejReason.OTHER, "no"),
        ev.OrderCanceled(image("a", **ENDED), CancelReason.OPERATOR),
        ev.OrderAccepted(image("a", session_id=2)),
    ],
    ids=["duplicate order", "duplicate replace", "another", "uncalled-for cancel", "another session's"],
)
def test_nothing_else_does(event: ev.Event) -> None:
    world = World()
    world.run(new("a"))
    world.settle(event)
    assert world.pending() == (100, 1)


def test_a_duplicate_does_not_free_the_money_of_the_order_that_it_repeats() -> None:
    """The duplicate's refusal can be durable before the order has reached its book."""
    balances = {2: {"USDT": 100 * SCALE}}
    venue = CrankedVenue(genesis([instrument(maker_fee=0, taker_fee=0)], balances, [opened_session(1)]))
    venue.account_mail[2].tell(new("a"))
    venue.run("account 2")
    duplicate = ev.OrderRejected(REJECTED, OrdRejReason.DUPLICATE_ORDER, "duplicate ClOrdID a")
    venue.journal_mail.tell(Outcome(1, 0, 0, [duplicate]))
    venue.run("journal")
    venue.sync()
    venue.run("publisher")
    venue.account_mail[2].tell(new("b"))
    venue.run("account 2")
    venue.drain()
    venue.check_accounts()
    venue.check_at_rest()
    assert [(o.session_id, o.cl_ord_id) for o in venue.accounts[2].account.open_orders()] == [(1, "a")]


def test_a_settlement_that_crashes_still_ends_its_reservations() -> None:
    world = World()
    world.run(new("a"))
    unknown = ev.TradeExecuted(1, 5, 5, image("nobody"), image("other", account_id=3), 0, 0)
    with pytest.raises(KeyError):
        world.settle(ev.OrderAccepted(image("a")), unknown)
    assert world.pending() == (0, 0)


def test_orders_before_a_crash_reach_their_books_in_order() -> None:
    world = World()
    unknown = new("c", symbol_id=9)
    with pytest.raises(KeyError):
        world.run(new("a", px=SCALE), new("b", px=SCALE, symbol_id=2), cancel("x", "a"), new("d", px=SCALE), unknown)
    assert [command.cl_ord_id for command in world.books[1].take()] == ["a", "x", "d"]
    assert [command.cl_ord_id for command in world.books[2].take()] == ["b"]


def test_what_is_settled_already_is_not_settled_again() -> None:
    world = World()
    world.settle(ev.Deposited(2, "USDT", SCALE, "op"), seq=11)
    world.settle(ev.Deposited(2, "USDT", SCALE, "op"), seq=11)
    world.run(Collect(11, "USDT", SCALE))
    assert world.account.balances["USDT"] == 1001 * SCALE
    world.run(Collect(12, "USDT", SCALE), Collect(12, "BTC", SCALE))
    assert world.account.balances == {"USDT": 1002 * SCALE, "BTC": 11 * SCALE}


# ---- transfers -----------------------------------------------------------------------------------------------------


def test_a_deposit_counts_once_it_is_durable() -> None:
    world = World()
    calls: list[int] = []
    (outcome,) = world.run(Transfer("USDT", 5, "op", calls.append, lambda text: None))
    assert outcome.events == [ev.Deposited(2, "USDT", 5, "op")]
    assert world.account.balances["USDT"] == 1000 * SCALE
    outcome.done(11)
    assert calls == [11]


def test_a_withdrawal_reserves_until_it_is_durable_and_takes_no_more_than_is_free() -> None:
    world = World()
    refusals: list[str] = []
    calls: list[int] = []
    world.run(new("a"))
    (outcome,) = world.run(
        Transfer("USDT", -900 * SCALE, "op", calls.append, refusals.append),
        Transfer("USDT", -1, "op", calls.append, refusals.append),
    )
    assert outcome.events == [ev.Withdrawn(2, "USDT", 900 * SCALE, "op")]
    assert refusals == ["insufficient USDT: needs 0.00000001, free 0"]
    assert world.pending() == (1000, 2)
    outcome.done(11)
    assert (calls, world.pending()) == ([11], (100, 1))


# ---- mass cancels --------------------------------------------------------------------------------------------------


def test_a_mass_cancel_is_requested_in_the_journal_driven_in_the_books_and_reported_at_the_end() -> None:
    world = World()
    (requested,) = world.run(mass_cancel("m", in_from=7, in_seq=8))
    request_id = request_id_of(2, 1)
    (event,) = requested.events
    assert event == ev.MassCancelRequested(request_id, 1, 2, "m", 0, 0, [1, 2], CancelReason.MASS_CANCEL)
    assert (requested.session_id, requested.in_from, requested.in_seq) == (1, 7, 8)
    part = CancelAll(request_id, 2, 0, CancelReason.MASS_CANCEL)
    assert [world.books[key].take() for key in (1, 2)] == [[part], [part]]
    world.settle(ev.OrderAccepted(image("a")))
    assert world.settle(event) == []
    canceled = ev.OrderCanceled(image("a", **ENDED), CancelReason.MASS_CANCEL, "", request_id)
    assert world.settle(canceled, ev.MassCancelPartDone(request_id, 1, 1)) == []
    (completed,) = world.settle(ev.MassCancelPartDone(request_id, 2, 0))
    assert completed.events == [ev.MassCancelCompleted(request_id, 1, 2, "m", 0, 0, 1)]
    world.settle(*completed.events)
    assert world.account.mass_cancels == {}
    (again,) = world.run(mass_cancel("n", symbol_id=2, side=SELL))
    assert (again.events[0].request_id, again.events[0].symbol_ids) == (request_id_of(2, 2), [2])


def test_a_mass_cancel_of_one_sessions_orders_says_so_to_the_books_and_in_the_journal() -> None:
    world = World()
    (requested,) = world.run(mass_cancel("m", symbol_id=1, of_session=7))
    request_id = request_id_of(2, 1)
    assert requested.events == [
        ev.MassCancelRequested(request_id, 1, 2, "m", 1, 0, [1], CancelReason.MASS_CANCEL, of_session=7)
    ]
    assert world.books[1].take() == [CancelAll(request_id, 2, 0, CancelReason.MASS_CANCEL, of_session=7)]


@pytest.mark.parametrize(("done", "driven"), [([], [1, 2]), ([1], [2])])
def test_after_a_restart_what_is_unfinished_is_driven_on(done: list[int], driven: list[int]) -> None:
    world = World()
    request = ev.MassCancelRequested(request_id_of(2, 1), 1, 2, "m", 0, 0, [1, 2], CancelReason.MASS_CANCEL)
    world.account.apply(request)
    for symbol_id in done:
        world.account.apply(ev.MassCancelPartDone(request.request_id, symbol_id, 0))
    assert world.run(ResumeMassCancels()) == []
    assert [key for key in (1, 2) if len(world.books[key])] == driven


def test_after_a_restart_what_only_lacks_its_report_is_reported() -> None:
    world = World()
    request = ev.MassCancelRequested(request_id_of(2, 1), 1, 2, "m", 0, 0, [1], CancelReason.MASS_CANCEL)
    world.account.apply(request)
    world.account.apply(ev.MassCancelPartDone(request.request_id, 1, 0))
    (completed,) = world.run(ResumeMassCancels(), ResumeMassCancels())
    assert isinstance(completed.events[0], ev.MassCancelCompleted)


def test_blocking_cancels_everything_and_unblocking_nothing() -> None:
    world = World()
    calls: list[int] = []
    outcome, barrier = world.run(SetBlocked(True, "op", calls.append))
    assert [type(event).__name__ for event in outcome.events] == ["AccountBlocked", "MassCancelRequested"]
    assert outcome.events[1].reason == CancelReason.ACCOUNT_BLOCKED
    assert isinstance(barrier, Barrier)
    assert len(world.books[1]) == len(world.books[2]) == 1
    (outcome,) = world.run(SetBlocked(False, "op", calls.append))
    assert outcome.events == [ev.AccountBlocked(2, False, "op")]


# ---- suspended -----------------------------------------------------------------------------------------------------


def test_a_suspended_account_lets_cancels_pass_and_refuses_the_rest() -> None:
    journal: Mailbox[Any] = Mailbox("journal", 10)
    books: dict[int, Mailbox[Any]] = {1: Mailbox("book", 10)}
    refusals: list[str] = []
    text = "account A is suspended: its risk state failed"
    actor = SuspendedAccountActor(journal, books, "A", 2)
    transfer = Transfer("USDT", 5, "op", lambda seq: None, refusals.append)
    settle = Settle(1, [])
    both = oco("L", new("d"), new("e"))
    actor.on_batch(iter([new("a"), both, replace("b", "a"), cancel("c", "a"), mass_cancel("m"), transfer, settle]))
    assert books[1].take() == [cancel("c", "a")]
    assert [[event.text for event in outcome.events] for outcome in journal.take()] == [
        [text],
        [text] * 2,
        [text],
        [text],
    ]
    assert refusals == [text]
