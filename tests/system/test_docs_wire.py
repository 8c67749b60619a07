"""The messages that the documents about FIX show: sent to a venue field for field, its answers held to the text."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from documents import FIX_DOCUMENTS
from fix_examples import Player, configuration, essence, frame_fault, is_signed, lines, pairs_of, signed
from venue_process import MakeVenue

WITH_MESSAGES = pytest.mark.parametrize(
    "document", [path for path in FIX_DOCUMENTS if any(lines(path))], ids=lambda path: path.stem
)


@WITH_MESSAGES
def test_messages_are_those_on_the_wire(document: Path, make_venue: MakeVenue, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(configuration(document), "utf-8")
    with closing(Player(make_venue(config=config).ports.fix)) as player:
        for line in lines(document):
            got = player.play(line)
            if line.kind == "<":
                assert essence(got) == essence(line.text), f"{line.place}:\n{got}"


@WITH_MESSAGES
def test_messages_are_whole(document: Path) -> None:
    """BodyLength, CheckSum and signatures are right as they stand."""
    for line in lines(document):
        if line.kind == "-":
            continue
        assert frame_fault(line.text) == "", line.place
        pairs = pairs_of(line.text)
        if line.kind == ">" and is_signed(pairs):
            assert dict(pairs)["96"] == signed(pairs), line.place
