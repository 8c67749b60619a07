"""The book against its naive twin, in streams that shrink: the same commands bring the same records, these fold to the
same book, and the invariants hold after every command."""

from __future__ import annotations

from random import Random

import pytest
from book_twins import SMALL, USUAL, Bounds, Twins
from book_world import ENTROPY, MARKETS, PLAIN_MARKETS, events_of, open_orders, run
from command_streams import FIRMS, KINDS, RARE_KINDS, CommandStream, Step, plain_steps, random_step, steps
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_book import NaiveBook

bounds = pytest.mark.parametrize("bounds", [SMALL, USUAL], ids=["small bounds", "usual bounds"])


@given(st.sampled_from(sorted(PLAIN_MARKETS)), st.lists(plain_steps, min_size=20, max_size=60))
@settings(max_examples=60, deadline=None)
def test_plain_orders_bring_the_events_of_a_naive_book(market: str, stream: list[Step]) -> None:
    twins = Twins(market)
    for step in stream:
        twins.step(step)


@bounds
@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, min_size=10, max_size=50))
@settings(max_examples=60, deadline=None)
def test_commands_of_every_kind_bring_the_events_of_a_naive_book(
    bounds: Bounds, market: str, stream: list[Step]
) -> None:
    twins = Twins(market, bounds)
    for step in stream:
        twins.step(step)


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
