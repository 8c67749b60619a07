"""Each rule of docs/order-book.md as an example to read: commands, and what the book says to the last of them."""

from __future__ import annotations

from typing import Any

import pytest
from book_stories import STORIES
from book_story import Story, told
from book_world import events_of, every_book, run
from engine_builders import instrument


@every_book
@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_the_book_says(book_type: type[Any], story: Story) -> None:
    book = book_type(instrument(**story.terms), {2: "RED", 3: "RED", 4: "BLUE"}, cascade_max=story.cascade_max)
    events = [events_of(run(book, command, story.now_ns)) for command in story.before]
    assert all(events), "a command of the scene does nothing"
    assert [told(event) for event in events_of(run(book, story.command, story.now_ns))] == story.says
