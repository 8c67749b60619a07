"""Whatever is committed, in whatever portions, over whatever segments, comes back."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stores.journal.faulty_disk import FaultyDisk
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions
from stores.journal.tail import JournalTail, read_directory

DIRECTORY = Path("/journal")

batches = st.lists(
    st.one_of(
        st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=12),
        st.lists(st.integers(1000, 9000).map(lambda length: b"\xab" * length), min_size=1, max_size=2),
    ),
    max_size=25,
)
steps = st.lists(st.sampled_from(["commit", "commit", "commit", "mark", "reopen", "kill", "poll"]), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    portions=batches,
    plan=steps,
    segment_pages=st.integers(1, 4),
    durability=st.sampled_from(["fsync", "os"]),
    seed=st.integers(0, 1000),
    data=st.data(),
)
def test_round_trip(
    portions: list[list[bytes]], plan: list[str], segment_pages: int, durability: str, seed: int, data: st.DataObject
) -> None:
    options = JournalOptions(
        DIRECTORY,
        durability=durability,  # type: ignore[arg-type]
        segment_bytes=4096 * segment_pages,
        prepare_in_background=False,
        index_bytes=512,
    )
    disk = FaultyDisk(seed, short_writes=True)
    journal = Journal.open(options, disk)
    tail = JournalTail(DIRECTORY, disk=disk)
    written: list[bytes] = []
    followed: list[tuple[int, bytes]] = []
    remaining = iter(portions)
    for step in plan:
        if step == "commit":
            batch = next(remaining, [])
            assert journal.commit(batch) == len(written) + len(batch)
            written += batch
        elif step == "mark":
            journal.mark()
        elif step == "poll":
            followed += tail.poll(data.draw(st.integers(0, 20)))
        else:
            if step == "reopen":
                journal.close()
            disk.kill_process()
            journal = Journal.open(options, disk)
            tail = JournalTail(DIRECTORY, len(followed) + 1, disk)
            assert journal.recovery.last_seq == len(written)
            assert not journal.recovery.truncated
    expected = list(enumerate(written, 1))
    assert list(journal.read(1)) == expected
    assert list(read_directory(DIRECTORY, disk=disk)) == expected
    journal.mark()
    while got := tail.poll(7):
        followed += got
    assert followed == expected
    if written:
        first = data.draw(st.integers(1, len(written)))
        last = data.draw(st.integers(first, len(written)))
        assert list(journal.read(first, last)) == expected[first - 1 : last]
