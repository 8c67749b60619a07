"""Renews the messages that the documents about FIX show: each is played against a venue, and what went and came is
written down.

``python tests/support/fix_examples.py [DOCUMENT …]``, by default all of them. A line may be a draft: ``> BROKER1
D|11=A1|55=AAPL|`` is a message of BROKER1's FIX.4.4 session without its header and trailer, ``> FIX.4.2 BROKER1 D|…|``
one of another version, and ``< BROKER1`` the next message for that session, whatever it is.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from documents import FIX_DOCUMENTS
from fix_client import utc_now
from venue_process import VenueProcess
from wire_examples import Line, Player, configuration, lines, pairs_of

_DRAFT = re.compile(r"(?:(?P<version>FIXT?\.\d\.\d) )?(?P<comp_id>\w+)(?: (?P<msg_type>\w+)\|(?P<body>.*))?")
_VENUE = "TRADEENGINE"


class Drafts:
    """Completes drafts; knows which number each session sends next."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()

    def complete(self, line: Line) -> Line:
        """The line with a whole message."""
        draft = None if line.text.startswith("8=") or line.kind == "-" else _DRAFT.fullmatch(line.text)
        if draft is not None:
            version = draft["version"] or "FIX.4.4"
            if line.kind == "<":
                return line._replace(text=f"8={version}|56={draft['comp_id']}|")
            number = self._sent[f"{version} {draft['comp_id']}"] + 1
            body, given = draft["body"], re.match(r"34=(\d+)\|", draft["body"])
            if given:
                number, body = int(given[1]), body[given.end() :]
            header = f"35={draft['msg_type']}|34={number}|49={draft['comp_id']}|56={_VENUE}|52={utc_now()}|"
            line = line._replace(text=f"8={version}|9=0|{header}{body}10=000|")
        if line.kind == ">":
            named = dict(pairs_of(line.text))
            self._sent[f"{named['8']} {named['49']}"] = int(named["34"])
        return line


def renew(document: Path, directory: Path) -> None:
    """Rewrites the ``fix`` blocks of one document."""
    config = directory / "config.yaml"
    config.write_text(configuration(document), "utf-8")
    venue = VenueProcess(directory / "venue", {"JOURNAL__DURABILITY": "os"}, config=config)
    text = document.read_text("utf-8").splitlines()
    venue.start()
    player, drafts = Player(venue.ports.fix), Drafts()
    try:
        for line in lines(document):
            at = int(line.place.rpartition(":")[2]) - 1
            text[at] = f"{line.kind} {player.play(drafts.complete(line))}"
    except (ConnectionError, TimeoutError, AssertionError, KeyError) as error:
        sys.exit(f"{line.place}: {line.text}\n{error!r}\n{venue.output[-2000:]}")
    finally:
        player.close()
        venue.close()
        document.write_text("\n".join(text) + "\n", "utf-8")


def main(names: list[str]) -> None:
    for document in [Path(name).resolve() for name in names] or FIX_DOCUMENTS:
        with tempfile.TemporaryDirectory() as directory:
            renew(document, Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
