"""Readers of history: their slices, their rest, and that what is others' is passed over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import trio
import trio.testing
from engine_builders import image, new
from port_world import PortWorld

from actors.cursor import RecordCursor
from actors.pace import Pace
from actors.runtime import Dispatcher
from engine.events import OrderAccepted, Record
from engine.wire import encode_record

SLICE_S, REST_S, SLICE_MAX_S = 0.25, 1.0, 0.5


class World:
    """A pace, and others who may have work."""

    def __init__(self) -> None:
        self.dispatcher = Dispatcher()
        self.pace = Pace(self.dispatcher, SLICE_S, REST_S, SLICE_MAX_S)

    def others_work(self) -> None:
        self.dispatcher.batches += 1


async def test_slices_follow_one_another_while_nobody_else_has_work(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    for _ in range(5):
        began_s = trio.current_time()
        assert await world.pace.turn() == began_s + SLICE_S
        assert trio.current_time() == began_s


async def test_after_others_had_work_readers_rest(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    began_s = trio.current_time()
    await world.pace.turn()
    world.others_work()
    until_s = began_s + 2 * SLICE_S + REST_S
    assert await world.pace.turn() == until_s + SLICE_S
    await world.pace.turn()
    assert trio.current_time() == until_s, "nothing has come since"


async def test_who_reads_little_now_and_then_does_not_rest(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    await world.pace.turn()
    world.others_work()
    await trio.sleep(2 * SLICE_S + REST_S)
    began_s = trio.current_time()
    await world.pace.turn()
    assert trio.current_time() == began_s


async def test_slices_grow_with_what_others_take(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    lengths = []
    for others_s in (0.0, 2.0, 4.0, 100.0, 0.0):
        world.others_work()
        await trio.sleep(others_s)
        lengths.append(await world.pace.turn() - trio.current_time())
    assert lengths == pytest.approx([SLICE_S, SLICE_S, 0.4, SLICE_MAX_S, SLICE_S])


async def test_of_many_readers_each_has_its_slice_and_none_at_the_same_time(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    slices: list[tuple[str, float]] = []

    async def read(name: str) -> None:
        for _ in range(3):
            await world.pace.turn()
            slices.append((name, trio.current_time()))
            world.others_work()

    async with trio.open_nursery() as nursery:
        for name in "abc":
            nursery.start_soon(read, name)
    assert len({at_s for _, at_s in slices}) == 9, "a rest lies between any two"
    rounds = [{name for name, _ in slices[at : at + 3]} for at in (0, 3, 6)]
    assert rounds == [{"a", "b", "c"}] * 3


async def test_a_reader_that_goes_away_makes_room(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    await world.pace.turn()
    world.others_work()
    with trio.move_on_after(SLICE_S):
        await world.pace.turn()
    await world.pace.turn()
    assert trio.current_time() > SLICE_S


@pytest.mark.parametrize(("cost_s", "chunks"), [(0.0, [6]), (SLICE_S / 2, [2, 2, 2]), (SLICE_S, [1] * 6)])
async def test_a_replay_ends_its_slice_by_time(
    mock_clock: trio.testing.MockClock, cost_s: float, chunks: list[int]
) -> None:
    class SlowWorld(PortWorld):
        def stored(self, first: int, last: int) -> Iterator[tuple[int, list[bytes]]]:
            for commit in super().stored(first, last):
                mock_clock.jump(cost_s)
                yield commit

    world = SlowWorld(pace=Pace(Dispatcher(), SLICE_S, REST_S))
    for n in range(1, 7):
        world.port.submit([new(f"o{n}")])
        world.accept(f"o{n}", n)
    assert [len(chunk) async for chunk in world.port.replay(1, 100)] == chunks


# ---- records by themselves -------------------------------------------------------------------------------------------


def accepted(seq: int) -> bytes:
    return encode_record(Record(seq, 0, 0, 0, [seq], [OrderAccepted(image(f"o{seq}", order_id=seq))]))


class Journal:
    """Commits of three records each; only those of ``mine`` can be decoded."""

    def __init__(self, last: int, mine: set[int]) -> None:
        self.reads: list[int] = []
        self._records = {seq: accepted(seq) if seq in mine else b"\xc1" for seq in range(1, last + 1)}

    def read(self, first: int, last: int) -> Iterator[tuple[int, list[bytes]]]:
        self.reads.append(first)
        at = first
        while at in self._records:
            commit = [self._records[seq] for seq in range(at, at + 3) if seq in self._records]
            yield at, commit
            at += len(commit)


def test_what_lies_between_a_session_s_records_is_not_decoded() -> None:
    journal = Journal(20, {2, 3, 9, 20})
    cursor = RecordCursor(journal.read)
    assert [cursor.record(seq).time_ns for seq in (2, 3, 9, 9, 20)] == [2, 3, 9, 9, 20]
    assert journal.reads == [2], "they are near"


def test_a_record_far_off_or_behind_is_looked_up_anew() -> None:
    far = 10 + RecordCursor.NEAR
    journal = Journal(far, {1, 5, far})
    cursor = RecordCursor(journal.read)
    assert [cursor.record(seq).time_ns for seq in (1, far, 5)] == [1, far, 5]
    assert journal.reads == [1, far, 5]


def test_a_record_that_is_not_there() -> None:
    journal = Journal(6, {1, 5})
    cursor = RecordCursor(journal.read)
    for missing in (7, 8, 700):
        with pytest.raises(LookupError, match=f"record {missing} "):
            cursor.record(missing)
    assert cursor.record(5).time_ns == 5
    with pytest.raises(LookupError, match="record 7 "):
        cursor.record(7)
    assert cursor.record(5).time_ns == 5
