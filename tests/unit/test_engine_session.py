"""A session folded from its reports: ClOrdIDs, open orders, and the numbers of both directions."""

from __future__ import annotations

import random

import pytest
from engine_builders import image
from hypothesis import given
from hypothesis import strategies as st
from session_journal import Journal, accepted, seqs
from stamped_reports import report_at

from engine import events as ev
from engine.image import OrderImage
from engine.outbox import NO_REPORT
from engine.session import InboundNumbers
from engine.types import Activation, CancelReason, OrdRejReason, OrdStatus, RestateReason

CANCELED = {"status": OrdStatus.CANCELED, "leaves_qty": 0}


# ---- inbound numbers -----------------------------------------------------------------------------------------------


def test_the_next_inbound_number_is_the_first_hole() -> None:
    numbers = InboundNumbers()
    numbers.cover(3, 4)
    assert (numbers.next, numbers.has(3), numbers.has(1)) == (1, True, False)
    numbers.cover(1, 1)
    assert numbers.next == 2
    numbers.cover(2, 2)
    assert numbers.next == 5
    numbers.cover(7, 7)
    numbers.restart(6)
    assert (numbers.next, numbers.has(7), numbers.has(5)) == (6, False, True)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.randoms())
def test_ranges_in_any_order_cover_the_same(lengths: list[int], order: random.Random) -> None:
    numbers = InboundNumbers()
    ranges: list[tuple[int, int]] = []
    start = 1
    for length in lengths:
        ranges.append((start, start + length - 1))
        start += length
    order.shuffle(ranges)
    done: set[int] = set()
    for first, last in ranges:
        numbers.cover(first, last)
        done.update(range(first, last + 1))
        assert numbers.next == min(set(range(1, start + 1)) - done)
        assert all(numbers.has(number) == (number in done) for number in range(1, start + 2))
    assert (numbers.next, numbers.ahead) == (start, [])


def test_a_range_of_billions_costs_no_more_than_one_number() -> None:
    """A client's SequenceReset may skip that many, and what follows it may be decided before what came before."""
    numbers = InboundNumbers()
    numbers.cover(2, 2_000_000_000)
    assert (numbers.next, numbers.has(1_999_999_999), numbers.has(1)) == (1, True, False)
    numbers.cover(1, 1)
    assert (numbers.next, numbers.ahead) == (2_000_000_001, [])


def test_ranges_that_overlap_leave_nothing_behind() -> None:
    """After a crash a client may fill a gap over numbers beyond the first hole that have their outcome already."""
    numbers = InboundNumbers()
    numbers.cover(7, 12)
    numbers.cover(2, 9)
    numbers.cover(1, 1)
    assert (numbers.next, numbers.ahead) == (13, [])
    numbers.cover(5, 6)
    assert (numbers.next, numbers.has(12), numbers.has(13)) == (13, True, False)


# ---- ClOrdIDs ------------------------------------------------------------------------------------------------------


def test_an_order_is_known_by_all_the_names_it_had() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.write(ev.OrderReplaced(image("b", order_id=1), "a", True))
    journal.write(ev.OrderReplaced(image("c", order_id=1), "b", True))
    newest = image("c", order_id=1)
    assert [journal.state.order_named(name) for name in "abc"] == [newest] * 3
    assert journal.state.order_named("d") is None
    journal.write(ev.OrderCanceled(image("c", order_id=1, **CANCELED), CancelReason.REQUESTED, "x"))
    assert [journal.state.order_named(name) for name in "abc"] == [image("c", order_id=1, **CANCELED)] * 3
    assert journal.state.order_named("x") is None
    assert "x" in journal.state.orders
    assert not journal.state.open


def test_fills_keep_and_end_an_order() -> None:
    journal = Journal()
    journal.write(accepted("a"), accepted("b", 2))
    part = image("a", order_id=1, status=OrdStatus.PARTIALLY_FILLED)
    full = image("b", order_id=2, status=OrdStatus.FILLED, leaves_qty=0)
    journal.write(ev.TradeExecuted(1, 5, 5, part, full, 0, 0))
    assert journal.state.open == {1: part}
    assert journal.state.order_named("b") == full


def test_names_of_refusals_and_mass_cancels_are_used_up() -> None:
    journal = Journal()
    rejected = image("r", order_id=0, status=OrdStatus.REJECTED)
    journal.write(ev.OrderRejected(rejected, OrdRejReason.OTHER, "no"))
    journal.write(ev.CancelRejected(1, 2, "x", "a", False, 1, "no"))
    journal.write(ev.MassCancelRejected(1, 2, "m", 1, "no"))
    journal.write(ev.MassCancelRequested(7, 1, 2, "n", 0, 0, [1], CancelReason.MASS_CANCEL))
    assert journal.state.orders == {"r": rejected, "x": None, "m": None, "n": None}


def test_a_duplicate_says_nothing_about_the_order_whose_name_it_repeats() -> None:
    journal = Journal()
    journal.state.orders["a"] = None  # in flight
    refused = image("a", order_id=0, status=OrdStatus.REJECTED, leaves_qty=0)
    journal.write(ev.OrderRejected(refused, OrdRejReason.DUPLICATE_ORDER, ""))
    assert journal.state.orders == {"a": None}
    journal.write(accepted("a"))
    refused = image("a", order_id=0, status=OrdStatus.REJECTED, leaves_qty=0)
    journal.write(ev.OrderRejected(refused, OrdRejReason.DUPLICATE_ORDER, ""))
    assert journal.state.order_named("a") == image("a", order_id=1)


def test_a_new_trading_day_keeps_only_the_names_of_open_orders() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.write(ev.OrderReplaced(image("b", order_id=1), "a", True))
    journal.write(accepted("c", 2))
    journal.write(ev.OrderCanceled(image("c", order_id=2, **CANCELED), CancelReason.REQUESTED, "x"))
    journal.state.roll()
    assert journal.state.orders == {"b": image("b", order_id=1)}
    assert journal.state.unconfirmed() == []


def test_an_outcome_accounts_for_its_inbound_numbers() -> None:
    journal = Journal()
    journal.write(accepted("a"), in_seq=2)
    assert journal.state.inbound.next == 1
    journal.write(accepted("b", 2), in_seq=1)
    assert journal.state.inbound.next == 3


# ---- outbound numbers ----------------------------------------------------------------------------------------------


def test_numbers_that_went_to_unjournaled_messages_are_holes() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.write(accepted("b", 2), skip=3)
    assert seqs(journal.state.sent) == [1, NO_REPORT, NO_REPORT, NO_REPORT, 2]
    assert journal.state.out_next == 6
    assert journal.state.unconfirmed() == [1, 2]


def test_a_report_about_no_order_takes_its_number_too() -> None:
    journal = Journal()
    journal.write(ev.CancelRejected(1, 2, "x", "a", False, 1, "no"), skip=2)
    assert seqs(journal.state.sent) == [NO_REPORT, NO_REPORT, 1]


def test_after_a_crash_numbers_go_on_past_the_reserve_unless_the_end_was_clean() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.state.apply_reserved(1000)
    journal.state.apply_reserved(500)
    assert journal.state.resume() == 1000
    journal.state.apply_logged_out(ev.SessionLoggedOut(1, 7, 12, confirmed=False))
    assert journal.state.resume() == journal.state.out_next == 12
    assert journal.state.inbound.next == 7
    assert journal.state.unconfirmed() == [1]


def test_a_confirmed_logout_says_that_everything_has_arrived() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.state.apply_logged_out(ev.SessionLoggedOut(1, 2, 5, confirmed=True))
    assert journal.state.unconfirmed() == []
    journal.number = 5
    journal.write(accepted("b", 2))
    assert journal.state.unconfirmed() == [2]


def test_a_reset_begins_a_new_epoch_and_sends_again_what_was_not_confirmed() -> None:
    journal = Journal()
    journal.write(accepted("a"), accepted("b", 2))
    journal.write(accepted("c", 3))
    journal.log_on(reset=True)
    state = journal.state
    assert (state.epoch, state.out_next, state.reissued_upto) == (1, 5, 4)
    assert seqs(state.sent) == [NO_REPORT, 1, 1, 2]
    orders = [report_at(state, n, journal.records[state.sent.seq_of(n)]) for n in (2, 3, 4)]
    assert [(r.number, r.order.cl_ord_id) for r in orders if r is not None and r.order is not None] == [
        (2, "a"), (3, "b"), (4, "c"),
    ]  # fmt: skip
    journal.write(accepted("d", 4))
    assert state.out_next == 6
    journal.log_on(reset=True)
    assert (state.epoch, seqs(state.sent)) == (2, [NO_REPORT, 1, 1, 2, 4])


def test_a_reset_without_reissue_forgets() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.write(ev.SessionLoggedOn(1, 1, True, 1, 1, 0), session_id=0)
    assert (seqs(journal.state.sent), journal.state.reissued_upto) == ([NO_REPORT], 0)


def test_an_ordinary_logon_keeps_both_directions() -> None:
    journal = Journal()
    journal.write(accepted("a"), in_seq=1)
    journal.log_on(in_next=9)
    assert (journal.state.epoch, journal.state.out_next, journal.state.inbound.next) == (0, 3, 9)
    assert seqs(journal.state.sent) == [1, NO_REPORT]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from(["write", "reset", "logon", "logout"])))
)
def test_any_report_can_be_read_again_by_its_number(steps: list[tuple[int, int, str]]) -> None:
    journal = Journal()
    expected: dict[int, str] = {}
    made = 0
    for skip, count, kind in steps:
        if kind == "write":
            names = [f"o{made + n}" for n in range(count)]
            made += count
            number = journal.number + skip
            journal.write(*[accepted(name, made * 10 + n) for n, name in enumerate(names)], skip=skip)
            expected.update({number + n: name for n, name in enumerate(names)})
        elif kind == "logout":
            journal.number += skip
            confirmed = count == 1
            journal.state.apply_logged_out(ev.SessionLoggedOut(1, 1, journal.number, confirmed))
        else:
            unconfirmed = [name for number, name in sorted(expected.items()) if number > journal.state.confirmed]
            journal.log_on(reset=kind == "reset")
            if kind == "reset":
                expected = {2 + n: name for n, name in enumerate(unconfirmed)}
    state = journal.state
    assert state.sent.next == state.out_next
    for number, seq in enumerate(seqs(state.sent), 1):
        report = report_at(state, number, journal.records[seq]) if seq != NO_REPORT else None
        name = report.order.cl_ord_id if report is not None and report.order is not None else None
        assert (name, report.number if report else number) == (expected.get(number), number)


def test_state_tells_two_histories_apart() -> None:
    one, two = Journal(), Journal()
    one.write(accepted("a"))
    two.write(accepted("a"))
    assert one.state.state() == two.state.state()
    two.state.apply_reserved(5)
    assert one.state.state() != two.state.state()


@pytest.mark.parametrize("reset", [True, False])
def test_a_logon_expects_the_number_that_it_says(reset: bool) -> None:
    journal = Journal()
    journal.write(accepted("a"), in_seq=4)
    journal.log_on(reset=reset, in_next=2)
    assert (journal.state.inbound.next, journal.state.inbound.has(4)) == (2, False)


# ---- special orders and changed trades -----------------------------------------------------------------------------


def test_a_triggered_or_restated_order_is_open_as_it_is_now() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    for event in (
        ev.OrderTriggered(image("a", order_id=1, px=5), Activation.TRIGGER),
        ev.OrderRestated(image("a", order_id=1, order_qty=7, leaves_qty=7), RestateReason.SELF_TRADE),
    ):
        journal.write(event, session_id=0)
        assert journal.state.orders == {"a": event.order}
        assert journal.state.open == {1: event.order}


def test_a_replace_down_to_what_is_filled_ends_the_order_under_both_names() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    ended = image("b", order_id=1, status=OrdStatus.FILLED, leaves_qty=0)
    journal.write(ev.OrderReplaced(ended, "a", True))
    assert journal.state.orders == {"a": ended, "b": ended}
    assert journal.state.open == {}
    assert journal.state.order_named("a") == ended


def busted(mine: OrderImage) -> ev.TradeBusted:
    return ev.TradeBusted(7, 5, 5, mine, image("s", session_id=0, order_id=9), 0, 0, "op", "error")


def test_a_busted_trade_changes_the_order_open_or_ended() -> None:
    journal = Journal()
    journal.write(accepted("a"), accepted("b", order_id=2))
    journal.write(ev.OrderCanceled(image("b", order_id=2, cum_qty=3, **CANCELED), CancelReason.OPERATOR))
    less = image("a", order_id=1, cum_qty=1)
    journal.write(busted(less), session_id=0)
    gone = image("b", order_id=2, cum_qty=0, **CANCELED)
    journal.write(busted(gone), session_id=0)
    assert journal.state.orders == {"a": less, "b": gone}
    assert journal.state.open == {1: less}


def test_a_bust_of_an_earlier_days_trade_leaves_the_name_to_whose_it_is_now() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.write(ev.OrderCanceled(image("a", order_id=1, **CANCELED), CancelReason.OPERATOR))
    journal.state.roll()
    journal.write(busted(image("a", order_id=1, **CANCELED)), session_id=0)
    assert journal.state.orders == {}
    fresh = accepted("a", order_id=2)
    journal.write(fresh)
    journal.write(busted(image("a", order_id=1, **CANCELED)), session_id=0)
    assert journal.state.orders == {"a": fresh.order}
    assert journal.state.open == {2: fresh.order}


def test_a_list_that_is_refused_uses_up_the_names_that_are_its_own() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    refused = {"status": OrdStatus.REJECTED, "leaves_qty": 0, "order_id": 0}
    other = image("b", **refused)
    journal.write(
        ev.OrderRejected(image("a", **refused), OrdRejReason.DUPLICATE_ORDER, "duplicate ClOrdID a"),
        ev.OrderRejected(other, OrdRejReason.OTHER, "leg 1 of the list was refused"),
    )
    assert journal.state.orders == {"a": image("a", order_id=1), "b": other}
