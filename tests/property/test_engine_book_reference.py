"""Every book against the naive one: the same commands bring the same records, and these fold to the same book."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from book_world import (
    BOOKS,
    CASCADE_MAX,
    ENTROPY,
    MARKETS,
    PLAIN_MARKETS,
    UNCROSS_MAX,
    World,
    events_of,
    open_orders,
    run,
)
from command_streams import (
    BACK_KINDS,
    FIRMS,
    KINDS,
    PLAIN_KINDS,
    RARE_KINDS,
    CommandStream,
    Step,
    plain_steps,
    random_step,
    steps,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_book import NaiveBook

from engine.book import Book
from engine.events import CancelRejected, OrderRejected

COMMANDS = int(os.environ.get("BOOK_STREAM_COMMANDS", "3000"))
"""In all markets together; a release is tested with 100,000 and more."""


class Replica(World):
    """A world, and a book of each type that only folds its twin's events."""

    def __init__(self, market: str, book_types: list[type[Any]]) -> None:
        super().__init__(market, book_types)
        listed, _ = MARKETS[market]
        self.folded = [
            Book(listed, FIRMS, ENTROPY, cascade_max=CASCADE_MAX, uncross_max=UNCROSS_MAX)
            for book_type in book_types
            if book_type is Book
        ]

    def step_and_fold(self, step: Step) -> None:
        events = self.step(step)
        if not events or not isinstance(events[0], OrderRejected | CancelRejected):
            for folded in self.folded:
                folded.apply(events)

    def check(self) -> None:
        seen = open_orders(self.first), self.first.depth(0)
        for book in self.books[1:]:
            assert (open_orders(book), book.depth(0)) == seen
            assert [book.state() for book in self.folded] == [book.state() for book in self.books if type(book) is Book]


# ---- plain orders ----------------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(PLAIN_MARKETS)), st.lists(plain_steps, min_size=20, max_size=60))
@settings(max_examples=60, deadline=None)
def test_plain_orders_bring_the_events_of_a_naive_book(market: str, stream: list[Step]) -> None:
    replica = Replica(market, [NaiveBook, Book])
    for step in stream:
        replica.step_and_fold(step)
        replica.check()


@pytest.mark.parametrize("market", ["usual", "beyond 64 bits"])
def test_plain_orders_bring_the_events_of_a_naive_book_in_a_long_stream(market: str) -> None:
    random, replica, deepest = Random(market), Replica(market, [NaiveBook, Book]), 0
    kinds = [*PLAIN_KINDS[:-1] * 20, *["passive"] * 80, "cancel_all", "expire"]
    for n in range(5000):
        replica.step_and_fold(random_step(random, kinds))
        if not n % 100:
            replica.check()
            deepest = max(deepest, len(replica.first))
    replica.check()
    assert replica.first.trades_made > 500, "the stream hardly trades"
    assert deepest > 50, "the stream hardly rests"


# ---- every type ------------------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, min_size=10, max_size=50))
@settings(max_examples=60, deadline=None)
def test_every_book_brings_the_events_of_the_naive_one(market: str, stream: list[Step]) -> None:
    replica = Replica(market, BOOKS)
    for step in stream:
        replica.step_and_fold(step)
        replica.check()


@pytest.mark.parametrize("market", sorted(MARKETS))
def test_every_book_brings_the_events_of_the_naive_one_in_a_long_stream(market: str) -> None:
    random, replica = Random(market), Replica(market, BOOKS)
    kinds = KINDS * 12 + RARE_KINDS + BACK_KINDS * 4
    for n in range(COMMANDS // len(MARKETS)):
        replica.step_and_fold(random_step(random, kinds))
        if not n % 25:
            replica.check()
    replica.check()
    assert replica.first.trades_made > 0


def test_the_naive_book_answers_the_same_to_the_same_commands() -> None:
    """Nothing in it depends on what is not in its arguments: two of them agree, and so they do on a second run."""
    listed, middle = MARKETS["usual"]
    answers = []
    for _ in range(2):
        random, stream, book = Random(1), CommandStream(listed, middle), NaiveBook(listed, FIRMS, ENTROPY)
        records = []
        for _ in range(400):
            command = stream.command(random_step(random, KINDS + RARE_KINDS), open_orders(book))
            records.append(run(book, command, stream.now_ns))
            stream.see(events_of(records[-1]))
        answers.append(records)
    assert answers[0] == answers[1]
