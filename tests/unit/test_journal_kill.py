"""kill -9 of a process that writes: what it was told is durable is there, and the journal goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stores.journal.errors import JournalLocked
from stores.journal.journal import Journal
from stores.journal.options import Durability, JournalOptions
from stores.journal.tail import JournalTail

WRITER = """
import sys
from pathlib import Path
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions

journal = Journal.open(JournalOptions(Path(sys.argv[1]), durability=sys.argv[2], segment_bytes=1 << 16))
while True:
    first = journal.next_seq
    last = journal.commit([b"%d:" % seq + b"x" * (seq % 700) for seq in range(first, first + 1 + first % 30)])
    print(last, flush=True)
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("durability", ["fsync", "os"])
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path, durability: Durability) -> None:
    options = JournalOptions(tmp_path, durability=durability, segment_bytes=1 << 16)
    tail = JournalTail(tmp_path)
    followed: list[tuple[int, bytes]] = []
    acknowledged = 0
    for lines in (1, 60, 137):
        command = [sys.executable, "-c", WRITER, str(tmp_path), durability]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                acknowledged = int(writer.stdout.readline())
                followed += tail.poll(1000)
            with pytest.raises(JournalLocked) as caught:
                Journal.open(options)
            assert caught.value.pid == writer.pid
            writer.send_signal(signal.SIGKILL)
            complete_lines = writer.stdout.read().split(b"\n")[:-1]
        if complete_lines:
            acknowledged = int(complete_lines[-1])
        journal = Journal.open(options)
        assert journal.durable_seq >= acknowledged
        for seq, payload in journal.read(1):
            assert payload == b"%d:" % seq + b"x" * (seq % 700)
        acknowledged = journal.durable_seq
        written = list(journal.read(1))
        journal.close()
    while got := tail.poll(1000):
        followed += got
    assert followed == written
