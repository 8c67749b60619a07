"""The door: who may log on. Credentials are checked off the loop, then the connection gets its session's port.

A session takes what it has: a password, a signature by one of its keys, or, where it has neither, the certificate of
its connection. A certificate that it has is wanted beside the others too.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Protocol

import trio

from actors.boundary import AlreadyLoggedOn, Connection, LogonRefused, SessionUnavailable
from actors.passwords import Passwords
from actors.port import SessionPort
from actors.signatures import Signatures, SignedLogon
from config.credentials import NOBODY, verify
from engine.directory import Directory
from engine.events import SessionOpened
from engine.session_schedule import Window, opening_text, window_at

_REFUSED = "unknown session or wrong credentials"


class Admission(Protocol):
    """What a port that only tells things needs of the venue."""

    directory: Directory

    async def identify(
        self, *, protocol: str, comp_id: str, target_comp_id: str, username: str, password: str, remote: str,
        signed: SignedLogon | None = None, certificate: str = "",
    ) -> SessionOpened:  # fmt: skip
        """The session whose credentials these are, attached to nothing: it may be logged on elsewhere. Raises
        LogonRefused. Arguments as in :meth:`Gate.admit`."""


class Gate(Protocol):
    """What a gateway's acceptor needs of the venue."""

    directory: Directory

    async def admit(
        self,
        *,
        protocol: str,
        comp_id: str,
        target_comp_id: str,
        username: str,
        password: str,
        connection: Connection,
        remote: str,
        signed: SignedLogon | None = None,
        certificate: str = "",
    ) -> SessionPort:
        """The session's port, with ``connection`` attached. Raises LogonRefused.

        Args:
            username: the session's user name or, of a signed logon, the key's id; empty = not given.
            certificate: SHA-256 of the client's certificate, hex, where the connection has shown one that is trusted.
        """

    async def change_password(self, session_id: int, old: str, new: str) -> None:
        """Returns when the new password is durable. Raises PasswordRefused."""


class Door:
    """See :class:`Gate` and :class:`Admission`. ``closed`` holds the reason while nobody may log on (replaying, journal
    failed, stopping)."""

    def __init__(
        self,
        directory: Directory,
        ports: Mapping[int, SessionPort],
        observe: Callable[..., None],
        passwords: Passwords,
        signatures: Signatures,
        clock_ns: Callable[[], int],
    ) -> None:
        self.directory = directory
        self.closed = ""
        self.changing = passwords.changing
        """Held by whoever changes a session; see :class:`actors.passwords.Passwords`."""
        self._ports = ports
        self._observe = observe
        self._passwords = passwords
        self._signatures = signatures
        self._clock_ns = clock_ns

    async def admit(
        self,
        *,
        protocol: str,
        comp_id: str,
        target_comp_id: str,
        username: str,
        password: str,
        connection: Connection,
        remote: str,
        signed: SignedLogon | None = None,
        certificate: str = "",
    ) -> SessionPort:
        session, by_key = await self._proved(
            protocol, comp_id, target_comp_id, username, password, remote, signed, certificate
        )
        port = self._free_port(session)
        port.epochs.window = self._window(session)
        port.connection = connection
        self._observe("logged_on", protocol=protocol, comp_id=comp_id, remote=remote, key=by_key.partition(":")[0])
        return port

    async def identify(
        self, *, protocol: str, comp_id: str, target_comp_id: str, username: str, password: str, remote: str,
        signed: SignedLogon | None = None, certificate: str = "",
    ) -> SessionOpened:  # fmt: skip
        session, _ = await self._proved(
            protocol, comp_id, target_comp_id, username, password, remote, signed, certificate
        )
        if self.closed:
            raise SessionUnavailable(self.closed)
        self._window(session)
        self._observe("identified", protocol=protocol, comp_id=comp_id, remote=remote)
        return session

    async def _proved(
        self, protocol: str, comp_id: str, target_comp_id: str, username: str, password: str, remote: str,
        signed: SignedLogon | None, certificate: str,
    ) -> tuple[SessionOpened, str]:  # fmt: skip
        """The session, and the key that has signed. Raises LogonRefused."""
        session = self.directory.session_keyed(protocol, comp_id, target_comp_id)
        by_password, by_key = await trio.to_thread.run_sync(
            self._checked, session, username, password, signed, limiter=self._passwords.limiter
        )
        before, session = session, self.directory.session_keyed(protocol, comp_id, target_comp_id)
        refusal = ""
        if session is None or before is None or not session.enabled or _proofs(session) != _proofs(before):
            refusal = _REFUSED  # operators may have changed it meanwhile
        elif by_key and signed is not None:
            refusal = self._signatures.use(by_key, signed)
        elif not by_password and not _by_certificate_alone(session, username):
            refusal = _REFUSED
        wanted = "" if session is None else session.profile.certificate
        if session is None or refusal or not hmac.compare_digest(wanted, certificate if wanted else ""):
            self._observe("logon_refused", protocol=protocol, comp_id=comp_id, remote=remote)
            raise LogonRefused(refusal or _REFUSED)
        return session, by_key

    async def change_password(self, session_id: int, old: str, new: str) -> None:
        await self._passwords.change(session_id, old, new)

    def _checked(
        self, session: SessionOpened | None, username: str, password: str, signed: SignedLogon | None
    ) -> tuple[bool, str]:
        """Whether the password is right, and which key has signed. What is done depends on what was given alone, never
        on what the session has, so that the time it takes tells nothing."""
        by_key = "" if signed is None else self._signatures.signer(session, username, signed)
        by_password = False
        if password or signed is None:
            credential = session.credential if session is not None and session.credential else NOBODY
            matches = verify(password, credential)
            by_password = matches and session is not None and username in ("", session.username)
        return by_password, by_key

    def _free_port(self, session: SessionOpened) -> SessionPort:
        if self.closed:
            raise SessionUnavailable(self.closed)
        port = self._ports.get(session.session_id)
        if port is None:
            raise SessionUnavailable("the session has failed; operators know of it")
        if port.connection is not None:
            raise AlreadyLoggedOn
        return port

    def _window(self, session: SessionOpened) -> Window | None:
        """In which the session may be logged on now; None where it has no schedule."""
        schedule, now_ns = session.profile.schedule, self._clock_ns()
        if schedule is None:
            return None
        window = window_at(schedule, now_ns)
        if window is None:
            raise SessionUnavailable(f"the session is outside its schedule; {opening_text(schedule, now_ns)}")
        return window


def _proofs(session: SessionOpened) -> object:
    """All that a logon is held against."""
    profile = session.profile
    return session.session_id, session.credential, profile.public_keys, profile.hmac_keys


def _by_certificate_alone(session: SessionOpened, username: str) -> bool:
    """Whether the certificate, which is compared in any case, is all that the session has."""
    profile = session.profile
    others = session.credential or profile.public_keys or profile.hmac_keys
    return bool(profile.certificate) and not others and username in ("", session.username)
