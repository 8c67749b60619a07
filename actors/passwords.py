"""A client changes its session's password: the old one is checked, the new one's hash goes to the journal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec
import trio

from actors.messages import Outcome, ToJournal
from actors.remembered import RememberedPasswords
from actors.runtime import Dispatcher, Mailbox
from config.credentials import NOBODY, hash_password, verify
from engine.directory import Directory
from engine.events import SessionOpened

_ALLOWED: Final = {"SOUPBIN": (re.compile(r"[!-~]{1,10}"), 10)}
_ALLOWED_ELSE: Final = (re.compile(r"[!-~]{1,64}"), 64)
_SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32
_RECORD_S: Final = 10.0
BY_CLIENT: Final = "client"
"""The operator of what a client changes about itself."""


class PasswordRefused(Exception):
    """The password stays as it is; the reason is fit for the client's eyes."""


class WrongPassword(PasswordRefused):
    """The old password that was given is not the session's."""


class Passwords:
    """See the module. ``changing`` is held by whoever changes a session, as an event holds the whole of it; whoever
    waits for it finds in the directory what the one before has made of it."""

    def __init__(
        self,
        directory: Directory,
        journal: Mailbox[ToJournal],
        dispatcher: Dispatcher,
        entropy: Callable[[int], bytes],
        checks_at_once: int = 4,
    ) -> None:
        self.changing = trio.Lock()
        self.limiter = trio.CapacityLimiter(checks_at_once)
        """Of all that hashes, which is slow by intent and must not starve other threads."""
        self.remembered = RememberedPasswords(entropy(_KEY_BYTES))
        self._directory = directory
        self._journal = journal
        self._dispatcher = dispatcher
        self._entropy = entropy

    async def change(self, session_id: int, old: str, new: str) -> None:
        """Returns when the new password is durable. Raises PasswordRefused."""
        async with self.changing:
            session = self._directory.sessions.get(session_id)
            credential = session.credential if session is not None and session.credential else NOBODY
            known = await self._off_the_loop(verify, old, credential)
            if session is None or not known:
                raise WrongPassword("the password is not the session's")
            pattern, length_max = _ALLOWED.get(session.protocol, _ALLOWED_ELSE)
            if not pattern.fullmatch(new):
                raise PasswordRefused(f"a password has 1 to {length_max} ASCII characters without spaces")
            hashed = await self._off_the_loop(hash_password, new, self._entropy(_SALT_BYTES))
            await self._record(msgspec.structs.replace(session, credential=hashed, operator=BY_CLIENT))

    async def _off_the_loop(self, function: Callable[..., object], *arguments: object) -> object:
        return await trio.to_thread.run_sync(function, *arguments, limiter=self.limiter)

    async def _record(self, changed: SessionOpened) -> None:
        durable = trio.Event()
        with self._dispatcher.turn():
            self._journal.tell(Outcome(0, 0, 0, [changed], lambda seq: durable.set()))
        with trio.move_on_after(_RECORD_S, shield=True):  # who changes next must find it
            await durable.wait()
            return
        raise PasswordRefused("the venue cannot record the change")
