"""A gap's memory is bounded whatever comes beyond it, and what was asked for is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.fix.gap import Gap
from gateways.fix.liveness import Still, Time


def gap(upto: int, buffer_max: int = 10_000, chunk: int = 0, time: Time | None = None) -> Gap:
    made = Gap(buffer_max, chunk, time or Still())
    made.upto = upto
    return made


def test_what_is_kept_is_given_once() -> None:
    beyond = gap(5)
    beyond.keep(4, b"four")
    assert beyond.has(4)
    assert beyond.take(4) == b"four"
    assert beyond.take(4) is None


def test_the_first_of_a_number_is_kept() -> None:
    beyond = gap(5)
    beyond.keep(4, b"first")
    beyond.keep(4, b"second")
    assert beyond.take(4) == b"first"


def test_what_has_no_room_is_dropped_and_room_comes_back() -> None:
    beyond = gap(9, buffer_max=300)
    beyond.keep(4, b"x" * 100)
    beyond.keep(5, b"x" * 100)
    assert not beyond.has(5)
    beyond.take(4)
    beyond.keep(5, b"x" * 100)
    assert beyond.has(5)


@pytest.mark.parametrize("expected", [5, 7, 100])
def test_what_is_passed_over_is_forgotten(expected: int) -> None:
    beyond = gap(200)
    for seq in (3, 4, 100, 120):
        beyond.keep(seq, b"x")
    beyond.moved(2, expected)
    assert [seq for seq in (3, 4, 100, 120) if beyond.has(seq)] == [100, 120]


def test_a_closed_gap_is_as_none() -> None:
    beyond = gap(5)
    beyond.keep(4, b"x")
    beyond.moved(2, 6)
    assert beyond.upto == 0
    assert not beyond.has(4)


@pytest.mark.parametrize(
    ("upto", "chunk", "body"), [(9, 0, "7=2|16=0|"), (9, 5, "7=2|16=6|"), (6, 5, "7=2|16=0|"), (7, 5, "7=2|16=6|")]
)
def test_a_wide_gap_is_asked_for_in_chunks(upto: int, chunk: int, body: str) -> None:
    assert gap(upto, chunk=chunk).request(2).replace("\x01", "|") == body


def test_the_next_chunk_follows_the_last_of_the_one_before() -> None:
    beyond = gap(20, chunk=5)
    beyond.request(2)
    assert not beyond.continues(6)
    assert beyond.continues(7)
    beyond.moved(2, 21)
    assert not beyond.continues(21)


def test_a_gap_that_does_not_become_smaller_is_overdue() -> None:
    time = Still()
    beyond = gap(9, time=time)
    time.now_s = 100.0
    beyond.request(2)
    assert not beyond.overdue(119, 20)
    assert beyond.overdue(120, 20)
    time.now_s = 119.0
    beyond.moved(2, 3)
    assert not beyond.overdue(138.9, 20), "it has become smaller"
    assert beyond.overdue(139, 20)


@given(st.lists(st.tuples(st.integers(2, 30), st.binary(max_size=300)), max_size=40), st.integers(0, 2000))
def test_memory_is_bounded_and_gives_back_what_it_took(messages: list[tuple[int, bytes]], buffer_max: int) -> None:
    beyond = gap(31, buffer_max)
    kept: dict[int, bytes] = {}
    for seq, frame in messages:
        beyond.keep(seq, frame)
        if beyond.has(seq):
            kept.setdefault(seq, frame)
    assert sum(len(frame) for frame in kept.values()) <= buffer_max
    assert {seq: beyond.take(seq) for seq in kept} == kept
    beyond.keep(2, b"x" * max(0, buffer_max - 128))
    assert beyond.has(2) is (buffer_max >= 128)


def test_asks_are_counted_until_there_is_progress() -> None:
    beyond = gap(9)
    for times in (1, 2, 3):
        beyond.request(4)
        assert beyond.asks == times
    beyond.moved(4, 5)
    assert beyond.asks == 0
    beyond.request(5)
    assert beyond.asks == 1
