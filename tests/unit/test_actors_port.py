"""A session's port: ClOrdIDs, credits and routing on the way in; reports and answers on the way out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import trio
import trio.testing
from engine_builders import BUY, SELL, cancel, image, mass_cancel, new, oco, opened_session, replace
from port_world import ENDED, PortWorld
from stamped_reports import reports_of

from actors.boundary import PortLimits
from actors.messages import Deliver, Delivery, Disconnect, Outcome
from engine import events as ev
from engine.commands import RejectCommand
from engine.queries import (
    DepthQuery,
    OpenOrdersAnswer,
    OpenOrdersQuery,
    OrderStatusAnswer,
    OrderStatusQuery,
    TradesQuery,
)
from engine.session import SessionState
from engine.types import CancelReason, CxlRejReason, OrdRejReason, OrdStatus

# ---- the trading day's end ------------------------------------------------------------------------------------------


def test_a_name_in_flight_when_the_day_rolls_is_still_taken() -> None:
    """Two live orders of one name would be one too many for the book and for the account."""
    world = PortWorld()
    world.port.submit([new("done")])
    world.accept("done")
    world.publish(Outcome(1, 0, 0, [ev.OrderCanceled(image("done", order_id=1, **ENDED), CancelReason.OPERATOR)]))
    world.port.submit([new("a"), cancel("c", "a"), mass_cancel("m")])
    world.publish(Outcome(0, 0, 0, [ev.TradingDayRolled("2026-01-02")]))
    world.account.take()
    world.port.submit([new("a"), new("c"), new("m"), new("done")])
    assert [command.cl_ord_id for command in world.account.take()] == ["done"]
    world.accept("a")
    world.publish(Outcome(1, 0, 0, [ev.OrderCanceled(image("a", order_id=1, **ENDED), CancelReason.REQUESTED, "c")]))
    world.publish(Outcome(1, 0, 0, [ev.MassCancelRequested(7, 1, 2, "m", 0, 0, [], CancelReason.MASS_CANCEL)]))
    world.journal_told()
    world.accept("done", order_id=2)
    folded = SessionState(world.state.opened)
    for seq, record in sorted(world.records.items()):
        if isinstance(record.events[0], ev.TradingDayRolled):
            folded.roll()
        folded.apply_reports([report for _, report in reports_of(seq, record)])
        folded.apply_outcomes([record])
    assert (world.state.orders, world.state.open) == (folded.orders, folded.open)


# ---- what a gateway asks of an order -------------------------------------------------------------------------------


def test_a_gateway_finds_an_order_by_either_name() -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    assert world.port.order_named("a") is None, "in flight"
    world.accept("a")
    found = world.port.order_named("a")
    assert found is not None
    assert world.port.order_named("NONE", found.order_id) is found
    assert world.port.order_named("b") is None
    assert world.port.order_named("a", found.order_id + 1) is None


# ---- lists ---------------------------------------------------------------------------------------------------------


def test_a_list_goes_to_its_account_and_takes_the_name_of_every_leg() -> None:
    world = PortWorld()
    command = oco("L", new("a"), new("b"), in_from=1, in_seq=2)
    world.port.submit([command, new("b")])
    assert world.account.take() == [command]
    assert world.state.orders == {"a": False, "b": False}
    assert (world.port.submitted, world.credits.left) == (2, 98)
    (duplicate,) = world.journal_told()
    assert isinstance(duplicate, ev.OrderRejected)
    accepted = [ev.OrderAccepted(image(name, order_id=n)) for n, name in enumerate(("a", "b"), 1)]
    world.publish(Outcome(1, 1, 2, list(accepted)))
    assert world.state.orders == {"a": accepted[0].order, "b": accepted[1].order}
    assert (world.port.resolved, world.credits.left, world.state.inbound.next) == (2, 100, 3)


@pytest.mark.parametrize(
    ("legs", "guilty"),
    [(["x", "a"], [1]), (["a", "x"], [0]), (["x", "x"], [0, 1]), (["x", "a", "x", "y"], [0, 1, 2])],
)
def test_a_list_with_a_name_that_is_no_news_is_refused_as_a_whole(legs: list[str], guilty: list[int]) -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    world.account.take()
    world.port.submit([oco("L", *(new(name) for name in legs), in_from=1, in_seq=1)])
    assert len(world.account) == 0
    (outcome,) = world.journal.take()
    assert (outcome.session_id, outcome.in_from, outcome.in_seq) == (1, 1, 1)
    reasons = [event.reason for event in outcome.events]
    assert reasons == [
        OrdRejReason.DUPLICATE_ORDER if nth in guilty else OrdRejReason.OTHER for nth in range(len(legs))
    ]
    others = {event.text for event in outcome.events if event.reason == OrdRejReason.OTHER}
    assert others <= {f"leg {guilty[0] + 1} of the list was refused"}
    world.publish(outcome)
    assert (world.port.resolved, world.state.inbound.next) == (1, 2)
    world.accept("a")
    assert world.state.orders["a"] == image("a", order_id=1)
    world.port.submit([new("y"), new("x")])
    assert [command.cl_ord_id for command in world.account.take()] == ([] if "y" in legs else ["y"])


@pytest.mark.parametrize("is_new", [True, False])
def test_a_list_that_a_gateway_refuses_is_refused_leg_by_leg(is_new: bool) -> None:
    world = PortWorld()
    if not is_new:
        world.port.submit([new("a")])
    command = oco("L", new("a"), new("b"))
    world.port.submit([RejectCommand(command, OrdRejReason.UNKNOWN_SYMBOL, "unknown symbol X", "X")])
    world.account.pass_on()
    (outcome,) = world.journal.take()
    told = [(event.order.cl_ord_id, event.reason, event.symbol) for event in outcome.events]
    if is_new:
        assert told == [("a", OrdRejReason.UNKNOWN_SYMBOL, "X"), ("b", OrdRejReason.UNKNOWN_SYMBOL, "X")]
    else:
        assert told == [("a", OrdRejReason.DUPLICATE_ORDER, ""), ("b", OrdRejReason.OTHER, "")]
    assert world.state.orders == {"a": None if is_new else False, "b": None}


def test_live_names_are_the_folds_after_a_refused_list() -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    world.port.submit([oco("L", new("a"), new("b"), new("b"))])
    world.accept("a")
    world.journal_told()
    folded = SessionState(world.state.opened)
    for seq, record in sorted(world.records.items()):
        folded.apply_reports([report for _, report in reports_of(seq, record)])
        folded.apply_outcomes([record])
    assert folded.orders == world.state.orders


# ---- in ------------------------------------------------------------------------------------------------------------


def test_commands_go_to_their_account_in_order() -> None:
    world = PortWorld()
    commands: list[Any] = [new("a"), new("b"), mass_cancel("m")]
    world.port.submit(list(commands))
    assert world.account.take() == commands
    assert (world.port.submitted, world.port.resolved, world.credits.left) == (3, 0, 97)


@pytest.mark.parametrize("settled", [False, True])
def test_a_duplicate_is_refused_beside_the_order_that_has_the_name(settled: bool) -> None:
    world = PortWorld()
    world.port.submit([new("a", in_from=1, in_seq=1)])
    if settled:
        world.accept("a")
    world.port.submit([new("a", in_from=2, in_seq=2), cancel("a", "a"), replace("a", "a"), mass_cancel("a")])
    assert len(world.account.take()) == 1
    if not settled:
        world.accept("a")
    first, *others = world.journal_told()
    assert isinstance(first, ev.OrderRejected)
    assert (first.reason, first.text) == (OrdRejReason.DUPLICATE_ORDER, "duplicate ClOrdID a")
    assert [type(event).__name__ for event in others] == ["CancelRejected", "CancelRejected", "MassCancelRejected"]
    assert isinstance(others[0], ev.CancelRejected)
    assert others[0].reason == CxlRejReason.DUPLICATE_CL_ORD_ID
    assert world.port.submitted == world.port.resolved == 5
    assert world.credits.left == 100
    reported = next(r.event for r in world.delivered if isinstance(r.event, ev.OrderRejected))
    assert reported.live == image("a", order_id=1)


def test_a_gateways_refusal_uses_the_name_up_and_a_repeated_one_is_a_duplicate() -> None:
    world = PortWorld()
    world.port.submit([RejectCommand(new("a"), 1, "unknown symbol", "X/Y")])
    world.port.submit([RejectCommand(new("a"), 1, "unknown symbol", "X/Y"), new("a")])
    first, second, third = world.journal_told()
    assert isinstance(first, ev.OrderRejected)
    assert (first.reason, first.text, first.symbol) == (1, "unknown symbol", "X/Y")
    for event in (second, third):
        assert isinstance(event, ev.OrderRejected)
        assert event.reason == OrdRejReason.DUPLICATE_ORDER
    assert len(world.account) == 0


def test_a_gateway_may_refuse_every_kind_of_command() -> None:
    world = PortWorld()
    commands: list[Any] = [new("a"), cancel("b", "x"), replace("c", "x"), mass_cancel("d")]
    world.port.submit([RejectCommand(command, 99, "no") for command in commands])
    assert [type(event).__name__ for event in world.journal_told()] == [
        "OrderRejected", "CancelRejected", "CancelRejected", "MassCancelRejected",
    ]  # fmt: skip
    assert set(world.state.orders) == {"a", "b", "c", "d"}


@pytest.mark.parametrize("change", [cancel("x", "a"), replace("x", "a"), cancel("x", "", order_id=1)])
def test_an_order_in_flight_or_open_may_be_changed(change: Any) -> None:
    world = PortWorld()
    world.port.submit([new("a"), change])
    assert len(world.account.take()) == 2
    world = PortWorld()
    world.port.submit([new("a")])
    world.accept("a")
    world.port.submit([change])
    assert world.account.take()[-1] == change


def test_an_order_id_that_the_session_does_not_know_is_left_to_the_book() -> None:
    """It may be that of an order which has just ended: the book says that it is too late."""
    world = PortWorld()
    world.port.submit([cancel("x", "", order_id=77)])
    assert world.account.take() == [cancel("x", "", order_id=77)]


@pytest.mark.parametrize("change", [cancel("x", "nothing"), replace("x", "nothing")])
def test_an_unknown_order_cannot(change: Any) -> None:
    world = PortWorld()
    world.port.submit([change])
    (event,) = world.journal_told()
    assert isinstance(event, ev.CancelRejected)
    assert (event.reason, event.text, event.order) == (CxlRejReason.UNKNOWN_ORDER, "unknown order", None)
    assert len(world.account) == 0


@pytest.mark.parametrize("change", [cancel("x", "a"), replace("x", "a")])
def test_an_ended_order_cannot_and_is_shown(change: Any) -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    world.accept("a")
    ended = image("a", order_id=1, **ENDED)
    world.publish(Outcome(0, 0, 0, [ev.OrderCanceled(ended, CancelReason.OPERATOR)]))
    world.port.submit([change])
    (event,) = world.journal_told()
    assert isinstance(event, ev.CancelRejected)
    assert (event.reason, event.text, event.order) == (CxlRejReason.TOO_LATE_TO_CANCEL, "order is canceled", ended)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (cancel("x", "a", symbol_id=2), "the order is of another symbol"),
        (replace("x", "a", symbol_id=2), "the order is of another symbol"),
        (cancel("x", "a", side=SELL), "the order is of the other side"),
        (cancel("x", "a", account_id=3), "the order is of another account"),
        (replace("x", "a", account_id=3), "the order is of another account"),
    ],
)
def test_an_order_that_is_known_to_be_another_cannot(change: Any, text: str) -> None:
    world = PortWorld()
    world.port.submit([new("a", side=BUY)])
    world.accept("a")
    world.account.take()
    world.port.submit([change])
    (event,) = world.journal_told()
    assert isinstance(event, ev.CancelRejected)
    assert (event.reason, event.text) == (CxlRejReason.OTHER, text)
    assert event.order == world.state.open[1]
    assert len(world.account) == 0


def test_a_replace_that_names_no_account_goes_to_its_order_s() -> None:
    """The default account would be asked whether it can pay, and would keep what it has set aside for ever."""
    world = PortWorld()
    world.port.submit([new("a")])
    world.accept("a")
    world.account.take()
    world.state.opened = msgspec.structs.replace(world.state.opened, default_account_id=3)
    for change in (replace("x", "a", account_id=3), replace("y", "", account_id=3, order_id=1)):
        world.port.submit([change])
        (sent,) = world.account.take()
        assert (sent.account_id, sent.orig_cl_ord_id) == (2, "a")


@pytest.mark.parametrize("change", [cancel("y", "x"), replace("y", "x")])
def test_the_name_of_a_request_that_was_refused_is_no_order_s(change: Any) -> None:
    world = PortWorld()
    world.port.submit([cancel("x", "nothing")])
    world.journal_told()
    world.port.submit([change])
    (event,) = world.journal_told()
    assert isinstance(event, ev.CancelRejected)
    assert (event.reason, event.text) == (CxlRejReason.UNKNOWN_ORDER, "unknown order")
    assert len(world.account) == 0


def test_a_books_refusal_is_shown_with_the_order_where_only_the_session_knows_it() -> None:
    world = PortWorld()
    world.port.submit([new("a"), cancel("x", "a")])
    world.accept("a")
    filled = image("a", order_id=1, status=OrdStatus.FILLED, leaves_qty=0)
    world.publish(Outcome(0, 0, 0, [ev.TradeExecuted(1, 5, 5, filled, image("o", session_id=1, order_id=9), 0, 0)]))
    refused = ev.CancelRejected(1, 2, "x", "a", False, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")
    world.publish(Outcome(1, 0, 0, [refused]))
    assert world.delivered[-1].event.order == filled


def test_credits_bound_what_is_on_its_way_per_session_and_in_all() -> None:
    world = PortWorld(limits=PortLimits(credits_per_session=5))
    assert world.port.credit == 5
    world.port.submit([new("a"), new("b")])
    assert world.port.credit == 3
    world.credits.left = 2
    assert world.port.credit == 2
    world.accept("a")
    assert world.port.credit == 3
    world.credits.left = -7
    assert world.port.credit == 0


async def test_waiting_for_credit_ends_when_an_outcome_is_durable(autojump_clock: trio.testing.MockClock) -> None:
    world = PortWorld(limits=PortLimits(credits_per_session=1))
    await world.port.wait_for_credit()
    world.port.submit([new("a")])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.port.wait_for_credit)
        await trio.testing.wait_all_tasks_blocked()
        assert nursery.child_tasks
        world.accept("a")
    world.credits.left = 0
    with trio.move_on_after(5) as scope:
        await world.port.wait_for_credit()
    assert scope.cancelled_caught
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.port.wait_for_credit)
        await trio.testing.wait_all_tasks_blocked()
        world.credits.left = 1


# ---- out -----------------------------------------------------------------------------------------------------------


def test_reports_reach_the_connection_if_there_is_one_and_the_state_always() -> None:
    world = PortWorld()
    world.port.submit([new("a"), new("b", SELL)])
    world.accept("a")
    world.port.connection = None
    world.accept("b", 2)
    assert [report.number for report in world.delivered] == [1]
    assert set(world.state.open) == {1, 2}
    assert world.port.released == 2


def test_what_is_applied_already_is_counted_and_not_delivered_again() -> None:
    """After a rebuild the mail holds deliveries that the rebuilt state has."""
    world = PortWorld()
    world.port.submit([new("a"), new("b")])
    record = world.stamp(Outcome(1, 0, 0, [ev.OrderAccepted(image("a", order_id=1))]))
    reports = [report for _, report in reports_of(10, record)]
    world.port.on_batch(iter([Delivery(10, [record], reports)]))
    assert world.delivered == []
    assert (world.port.submitted, world.port.resolved, world.credits.left) == (2, 1, 99)
    assert world.port.released == 1


def test_a_new_port_goes_on_counting_where_a_crashed_one_was() -> None:
    world = PortWorld()
    world.port.submit([new("a"), new("b")])
    world.accept("a")
    world.port = world.make(world.state)
    assert (world.port.submitted, world.port.resolved) == (2, 1)
    world.accept("b", 2)
    assert (world.port.submitted, world.port.resolved, world.credits.left) == (2, 2, 100)
    world.port.connection = world
    world.port.log_on(reset=False)
    assert [type(event).__name__ for event in world.journal_told()] == ["SessionLoggedOn"]


def test_a_crash_while_delivering_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    world = PortWorld()
    world.port.submit([new("a")])

    def crashing(reports: Any) -> None:
        raise RuntimeError("made to crash")

    monkeypatch.setattr(world, "deliver", crashing)
    with pytest.raises(RuntimeError):
        world.accept("a")
    assert (world.port.resolved, world.credits.left) == (1, 100)


def test_messages_pass_through_to_the_connection() -> None:
    world = PortWorld()
    answer = OrderStatusAnswer(OrderStatusQuery(1, "q", "a"), None)
    world.port.on_batch(iter([Deliver(answer), Disconnect("journal lost")]))
    assert (world.answers, world.gone) == ([answer], ["journal lost"])
    world.port.connection = None
    world.port.on_batch(iter([Deliver(answer), Disconnect("journal lost")]))
    assert len(world.answers) == len(world.gone) == 1


def test_a_disabled_session_is_cut_off() -> None:
    world = PortWorld()
    disabled = opened_session(1)
    world.publish(Outcome(0, 0, 0, [disabled]))
    assert world.gone == []
    off = ev.SessionOpened(1, "FIX.4.4", "C1", "VENUE", "C1", "", "FIRM", [2, 3], 2, enabled=False)
    world.publish(Outcome(0, 0, 0, [off]))
    assert world.gone == ["the session has been disabled"]
    assert world.port.session == off


# ---- queries -------------------------------------------------------------------------------------------------------


def test_a_query_is_answered_behind_the_outcome_of_all_that_was_sent_before() -> None:
    world = PortWorld("SOUPBIN")
    world.port.submit([new("a"), new("b")])
    status = OrderStatusQuery(1, "q", "b")
    world.port.query(status)
    world.accept("a")
    assert world.answers == []
    world.port.submit([new("c")])
    world.accept("b", 2)
    assert world.answers == [OrderStatusAnswer(status, image("b", order_id=2))]


def test_queries_select_what_they_name() -> None:
    world = PortWorld("SOUPBIN")
    world.port.submit([new("a"), new("b")])
    world.accept("a", 1)
    sold = image("b", order_id=2, side=SELL, symbol_id=7, account_id=3)
    world.publish(Outcome(1, 0, 0, [ev.OrderAccepted(sold)]))
    bought = image("a", order_id=1)

    def answered(query: Any) -> list[Any]:
        world.answers.clear()
        world.port.query(query)
        (answer,) = world.answers
        return answer.orders if isinstance(answer, OpenOrdersAnswer) else [answer.order]

    assert answered(OpenOrdersQuery(1, "q")) == [bought, sold]
    assert answered(OpenOrdersQuery(1, "q", symbol_id=7)) == [sold]
    assert answered(OpenOrdersQuery(1, "q", side=BUY)) == [bought]
    assert answered(OpenOrdersQuery(1, "q", account_id=3)) == [sold]
    assert answered(OpenOrdersQuery(1, "q", account_id=9)) == []
    assert answered(OrderStatusQuery(1, "q", "", order_id=2)) == [sold]
    assert answered(OrderStatusQuery(1, "q", "nothing")) == [None]


def test_depth_is_asked_of_the_book_and_answered_to_whoever_is_there() -> None:
    world = PortWorld("SOUPBIN")
    query = DepthQuery(1, "q", 1, 5)
    world.port.query(query)
    (request,) = world.book.take()
    assert request.query == query
    answer: Any = object()
    request.answer(answer)
    assert world.answers == [answer]
    world.port.connection = None
    request.answer(answer)
    assert len(world.answers) == 1


# ---- the day's trades ------------------------------------------------------------------------------------------------


async def test_the_day_s_trades_are_read_from_their_records() -> None:
    world = PortWorld(limits=PortLimits(replay_chunk=1))
    for name, order_id in (("a", 1), ("b", 2)):
        world.port.submit([new(name)])
        world.accept(name, order_id=order_id)
    mine, other = image("a", order_id=1), image("b", order_id=2, **ENDED)
    theirs = image("x", order_id=9, session_id=2)
    both = ev.TradeExecuted(1, 100, 1, mine, other, 0, 0)
    world.publish(Outcome(1, 0, 0, [both, ev.TradeExecuted(2, 100, 1, mine, theirs, 0, 0)]))
    first = world.seq
    world.publish(Outcome(1, 0, 0, [ev.OrderCanceled(mine, CancelReason.OPERATOR)]))
    world.publish(Outcome(0, 0, 0, [ev.TradeBusted(2, 100, 1, mine, theirs, 0, 0, "ops", "error")]))
    world.journal_told()
    world.port.query(TradesQuery(1, "q"))
    (answer,) = world.answers
    assert answer.records == [first, first + 2], "each record once"
    chunks = [chunk async for chunk in world.port.trades(answer.records)]
    assert [[(report.event.trade_id, report.resting) for report in chunk] for chunk in chunks] == [  # type: ignore[union-attr]
        [(1, False), (1, True), (2, False)],
        [(2, False)],
    ]
    world.publish(Outcome(0, 0, 0, [ev.TradingDayRolled("2026-01-02")]))
    world.port.query(TradesQuery(1, "q2"))
    assert world.answers[1].records == []


async def test_a_reset_of_the_numbers_forgets_no_trade() -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    world.accept("a")
    filled = image("a", order_id=1, status=OrdStatus.FILLED, leaves_qty=0)
    world.publish(Outcome(1, 0, 0, [ev.TradeExecuted(1, 100, 1, filled, image("x", session_id=2), 0, 0)]))
    traded = world.seq
    world.port.log_on(reset=True)
    world.journal_told()
    world.port.query(TradesQuery(1, "q"))
    assert world.answers[0].records == [traded]
