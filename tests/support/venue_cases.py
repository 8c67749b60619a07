"""Plays an application-level case against a whole venue in this process, as FIX bytes: a text file, the same for every
version.

Where :mod:`fix_player` shows what the gateway asks of the venue, this shows what the client hears in the end: from the
session through the port, the account, the book and the journal, and back. One step a line; ``#`` starts a comment,
``|`` stands for SOH.

=====================  ================================================================================================
``I35=D|11=A|…``       the client sends it; lines that follow one another arrive in one read. 34, 49, 52 and 56 are put
                       in, and ``<now>`` is the time
``E35=8|11=A|…``       the next message that comes has these fields; ``tag=`` alone: it lacks that one; ``tag=*``: any
                       value. What it has beyond is not compared, but held against the version's dictionary
``E42 35=8|…``         the same, in that version alone: 42, 44 or 50; likewise ``I42 35=D|…``
``market WORDS``       what others do and the venue itself: :mod:`order_states_player`
=====================  ================================================================================================

Nothing but what is named comes: the next step, and the end, are not reached with a message left.
"""

from __future__ import annotations

import re
from pathlib import Path

from fix_client import FixMessage
from order_states_player import CaseFailed, Player
from venue_in_process import at_rest

from gateways.fix.times import format_utc

_STEP = re.compile(r"([IE])(42|44|50)? ?(35=.*)")
_VERSIONS = {"FIX.4.2": "42", "FIX.4.4": "44", "FIXT.1.1": "50"}


class VenueCase:
    """One file, on one venue."""

    def __init__(self, player: Player, path: Path) -> None:
        self._player = player
        self._path = path
        self._sent: list[tuple[str, str]] = []
        self._heard: list[FixMessage] = []

    async def play(self) -> None:
        """Raises CaseFailed, with the line that is not true."""
        for number, line in enumerate(self._path.read_text("utf-8").splitlines(), 1):
            step = line.partition("#")[0].strip()
            try:
                if step:
                    await self._step(step)
            except AssertionError as error:
                raise CaseFailed(f"{self._path.name}:{number}: {line}\n{error}") from None
        await self._settle()
        assert not self._heard, f"{self._path.name}: left: {self._heard}"

    async def _step(self, step: str) -> None:
        found = _STEP.fullmatch(step)
        if found is None:
            word, _, rest = step.partition(" ")
            assert word == "market", f"no step: {step}"
            await self._settle()
            await self._player.market.act(rest, self._player.line.reports)
            return
        kind, version, fields = found.groups()
        if version not in (None, _VERSIONS[self._player.line.begin_string]):
            return
        if kind == "I":
            assert not self._heard, f"left: {self._heard}"
            msg_type, _, body = fields.removeprefix("35=").partition("|")
            self._sent.append((msg_type, f"{body.replace('<now>', format_utc(self._player.market.clock()))}|"))
        else:
            await self._settle()
            assert self._heard, "the venue sent nothing"
            self._compare(self._heard.pop(0), fields)

    async def _settle(self) -> None:
        """What was sent has its outcome, and what came is there to be looked at."""
        if self._sent:
            self._player.line.send(*self._sent)
            self._sent.clear()
        await at_rest(self._player.venue)
        self._heard += self._player.line.received()

    def _compare(self, message: FixMessage, wanted: str) -> None:
        for field in wanted.split("|"):
            tag, _, value = field.partition("=")
            got = message.get(int(tag))
            fits = bool(got) if value == "*" else got == value
            assert fits, f"{tag}={got or 'missing'}, not {value or 'missing'}, in {message!r}"
