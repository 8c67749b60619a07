"""The index of a session's outbound numbers: runs of reports, and what lies between them."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from engine.outbox import NO_REPORT, Outbox

steps = st.lists(
    st.one_of(
        st.integers(1, 5).map(lambda count: ("report", count)), st.integers(1, 7).map(lambda count: ("skip", count))
    ),
    max_size=40,
)


@given(steps, st.integers(-2, 120), st.integers(-2, 150))
def test_it_says_what_a_list_would(made: list[tuple[str, int]], begin: int, end: int) -> None:
    outbox = Outbox()
    known: list[int] = []
    seq = 100
    for what, count in made:
        if what == "skip":
            known += [NO_REPORT] * count
            outbox.skip_to(len(known) + 1)
            continue
        for _ in range(count):
            seq += 1
            known.append(seq)
            outbox.append(seq)
    assert outbox.next == len(known) + 1
    assert [outbox.seq_of(number) for number in range(-1, len(known) + 5)] == [0, 0, *known, 0, 0, 0, 0]
    wanted = [(number, each) for number, each in enumerate(known, 1) if each and begin <= number <= end]
    assert list(outbox.reports(begin, end)) == wanted
    outbox.skip_to(1)
    assert outbox.next == len(known) + 1


def test_two_ways_to_the_same_numbers_are_one_state() -> None:
    one, two = Outbox(), Outbox()
    for number in range(2, 6):
        one.skip_to(number)
    two.skip_to(5)
    one.append(7)
    two.append(7)
    assert one.state() == two.state()
    two.append(7)
    assert one.state() != two.state()


def test_what_comes_while_it_is_read_is_read_too() -> None:
    outbox = Outbox()
    outbox.append(1)
    reading = outbox.reports(1, 100)
    assert next(reading) == (1, 1)
    outbox.append(2)
    outbox.skip_to(50)
    outbox.append(3)
    assert list(reading) == [(2, 2), (50, 3)]


def test_numbers_without_reports_cost_nothing() -> None:
    outbox = Outbox()
    outbox.append(1)
    tracemalloc.start()
    for number in range(2, 1_000_000, 1000):
        outbox.skip_to(number)
    outbox.skip_to(10**12)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2_000
    outbox.append(9)
    assert (outbox.seq_of(10**12), outbox.next) == (9, 10**12 + 1)
