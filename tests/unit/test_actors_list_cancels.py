"""The cancel of a list on its way: through its account, to its book, and to those who stand in for either."""

from __future__ import annotations

from typing import Any

import pytest
from engine_builders import SELL, instrument, new, oco

from actors.account import AccountActor
from actors.book import BookActor
from actors.messages import Outcome
from actors.runtime import Mailbox
from actors.standins import HaltedBookActor, SuspendedAccountActor
from engine import events as ev
from engine.account import Account
from engine.book import Book
from engine.commands import CancelList
from engine.reservations import Reservations
from engine.types import SCALE, CancelReason, InstrumentStatus

CANCEL = CancelList(1, "L", 2, 1, 7, 8)


def mailboxes(*names: str) -> list[Mailbox[Any]]:
    return [Mailbox(name, 10) for name in names]


def test_a_book_cancels_the_list_in_one_record_of_the_request() -> None:
    journal, mail = mailboxes("journal", "book")
    actor = BookActor(Book(instrument()), mail, journal, {}, {}, lambda: 5)
    actor.on_batch(iter([oco("L", new("a", SELL), new("b", SELL, px=101 * SCALE)), CANCEL]))
    _, outcome = journal.take()
    assert (outcome.session_id, outcome.in_from, outcome.in_seq) == (1, 7, 8)
    canceled, *legs = outcome.events
    assert canceled == ev.ListCanceled(1, "L", 2)
    assert [(leg.order.cl_ord_id, leg.reason) for leg in legs] == [
        ("a", CancelReason.REQUESTED), ("b", CancelReason.REQUESTED)
    ]  # fmt: skip
    assert len(actor.book) == 0


@pytest.mark.parametrize("status", [InstrumentStatus.HALTED, InstrumentStatus.MAINTENANCE])
def test_it_passes_while_the_instrument_is_halted(status: InstrumentStatus) -> None:
    book = Book(instrument())
    book.new_list(oco("L", new("a", SELL), new("b", SELL, px=101 * SCALE)))
    book.status = status
    assert len(book.cancel_list(CANCEL)) == 3


@pytest.mark.parametrize("blocked", [False, True])
def test_its_account_passes_it_on(blocked: bool) -> None:
    journal, book = mailboxes("journal", "book")
    account = Account(ev.AccountOpened(2, "ACC2", "FIRM"), {1: instrument()})
    account.blocked = blocked
    AccountActor(account, Reservations(), 0, journal, {1: book}, {}).on_batch(iter([CANCEL]))
    assert book.take() == [CANCEL]
    assert journal.take() == []


def test_a_book_that_has_failed_says_that_nothing_was_cancelled() -> None:
    (journal,) = mailboxes("journal")
    HaltedBookActor(journal, "BTC/USDT", 1).on_batch(iter([CANCEL]))
    assert journal.take() == [Outcome(1, 7, 8, [ev.ListCanceled(1, "L", 0)])]


def test_a_suspended_account_lets_it_pass() -> None:
    journal, book = mailboxes("journal", "book")
    SuspendedAccountActor(journal, {1: book}, "A", 2).on_batch(iter([CANCEL]))
    assert book.take() == [CANCEL]
    assert journal.take() == []
