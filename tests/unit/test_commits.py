"""Inline commits: what is written is marked as complete when nothing more comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.journal import JournalActor
from actors.runtime import Mailbox
from stores.journal.errors import JournalFailed
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions
from stores.journal.tail import JournalTail
from tradeengine.commits import InlineCommits


def opened(directory: Path) -> Journal:
    return Journal.open(JournalOptions(directory=directory, durability="os", segment_bytes=2**16))


def test_a_reader_in_another_process_hears_of_the_last_commit_when_it_is_marked(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    commits = InlineCommits(journal, JournalActor(1, 0, {}, lambda: 1, Mailbox("publisher", 10)))
    commits.submit([b"one"], 1)
    tail = JournalTail(tmp_path)
    assert tail.poll(10) == []
    commits.idle()
    assert [(seq, bytes(data)) for seq, data in tail.poll(10)] == [(1, b"one")]
    journal.close()


def test_a_mark_that_fails_is_the_journals_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)
    actor = JournalActor(1, 0, {}, lambda: 1, Mailbox("publisher", 10))
    commits = InlineCommits(journal, actor)
    commits.submit([b"one"], 1)

    def fails() -> None:
        raise JournalFailed("no space")

    monkeypatch.setattr(journal, "mark", fails)
    commits.idle()
    assert "no space" in actor.failed
    commits.idle()
