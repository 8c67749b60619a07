"""The door: who may log on. Credentials are checked off the loop, then the connection gets its session's port.

A session takes what it has: a password, a signature by one of its keys, or, where it has neither, the certificate of
its connection. A certificate that it has is wanted beside the others too. Where a protocol's logon has no room for a
signature, a session with keys is challenged for one: in place of a password, or beyond it where it has one too.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

import trio

from actors.boundary import AlreadyLoggedOn, Connection, LogonRefused, SessionUnavailable
from actors.passwords import Passwords
from actors.port import SessionPort
from actors.signatures import Signatures, SignedLogon
from config.credentials import NOBODY, verify
from engine.directory import Directory
from engine.events import SessionOpened
from engine.session_schedule import Window, opening_text, window_at

Answered: TypeAlias = tuple[str, SignedLogon]
"""The key's id, empty for any of the session's, and what it has signed."""
Challenge: TypeAlias = Callable[[SessionOpened], Awaitable[Answered]]
"""How a gateway has its client sign what was never signed before. Raises LogonRefused."""
PortChallenge: TypeAlias = Callable[[SessionPort], Awaitable[Answered]]
"""The same for who wants the session's port, which may be looked at, but is not its connection's yet."""

_REFUSED = "unknown session or wrong credentials"


class Admission(Protocol):
    """What a port that only tells things needs of the venue."""

    directory: Directory

    async def identify(
        self, *, protocol: str, comp_id: str, target_comp_id: str, username: str, password: str, remote: str,
        signed: SignedLogon | None = None, certificate: str = "", challenge: Challenge | None = None,
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
        challenge: PortChallenge | None = None,
    ) -> SessionPort:
        """The session's port, with ``connection`` attached. Raises LogonRefused.

        Args:
            username: the session's user name or, of a signed logon, the key's id; empty = not given.
            certificate: SHA-256 of the client's certificate, hex, where the connection has shown one that is trusted.
            challenge: where a logon can't be signed; called once all but a signature is found to be right.
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
        challenge: PortChallenge | None = None,
    ) -> SessionPort:
        def challenged(session: SessionOpened) -> Awaitable[Answered]:
            assert challenge is not None
            self._window(session)
            return challenge(self._free_port(session))

        session, by_key = await self._proved(
            protocol, comp_id, target_comp_id, username, password, remote, signed, certificate,
            challenged if challenge is not None else None,
        )  # fmt: skip
        port = self._free_port(session)
        port.epochs.window = self._window(session)
        port.connection = connection
        self._observe("logged_on", protocol=protocol, comp_id=comp_id, remote=remote, key=by_key.partition(":")[0])
        return port

    async def identify(
        self, *, protocol: str, comp_id: str, target_comp_id: str, username: str, password: str, remote: str,
        signed: SignedLogon | None = None, certificate: str = "", challenge: Challenge | None = None,
    ) -> SessionOpened:  # fmt: skip
        session, _ = await self._proved(
            protocol, comp_id, target_comp_id, username, password, remote, signed, certificate, challenge
        )
        if self.closed:
            raise SessionUnavailable(self.closed)
        self._window(session)
        self._observe("identified", protocol=protocol, comp_id=comp_id, remote=remote)
        return session

    async def _proved(
        self, protocol: str, comp_id: str, target_comp_id: str, username: str, password: str, remote: str,
        signed: SignedLogon | None, certificate: str, challenge: Challenge | None,
    ) -> tuple[SessionOpened, str]:  # fmt: skip
        """The session, and the key that has signed. Raises LogonRefused."""
        before = self.directory.session_keyed(protocol, comp_id, target_comp_id)
        if before is not None and signed is None and self._passwords.remembered.knows(before, password):
            by_password, by_key = _is_user(before, username), ""
            await trio.lowlevel.checkpoint()
        else:
            by_password, by_key = await trio.to_thread.run_sync(
                self._checked, before, username, password, signed, limiter=self._passwords.limiter
            )
            if before is not None and by_password:
                self._passwords.remembered.keep(before, password)
        session = self._unchanged(before)
        challenged = challenge is not None and session is not None and _has_keys(session)
        refusal = ""
        if by_key and signed is not None:
            refusal = self._signatures.use(by_key, signed)
        elif session is None or not (
            by_password or _by_certificate_alone(session, username) or (challenged and not session.credential)
        ):
            refusal = _REFUSED
        wanted = "" if session is None else session.profile.certificate
        if not refusal and session is not None and hmac.compare_digest(wanted, certificate if wanted else ""):
            if not challenged or challenge is None:
                return session, by_key
            key_id, signed = await challenge(session)
            by_key = await trio.to_thread.run_sync(
                self._signatures.signer, session, key_id, signed, limiter=self._passwords.limiter
            )
            session = self._unchanged(session)
            if session is not None and by_key:
                return session, by_key
        self._observe("logon_refused", protocol=protocol, comp_id=comp_id, remote=remote)
        raise LogonRefused(refusal or _REFUSED)

    def _unchanged(self, before: SessionOpened | None) -> SessionOpened | None:
        """The session as it is now; None where operators have changed meanwhile whether, or by what, it may log on."""
        if before is None:
            return None
        session = self.directory.session_keyed(before.protocol, before.comp_id, before.target_comp_id)
        if session is None or not session.enabled or _proofs(session) != _proofs(before):
            return None
        return session

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
            by_password = matches and session is not None and _is_user(session, username)
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


def _is_user(session: SessionOpened, username: str) -> bool:
    return username in ("", session.username)


def _has_keys(session: SessionOpened) -> bool:
    return bool(session.profile.public_keys or session.profile.hmac_keys)


def _by_certificate_alone(session: SessionOpened, username: str) -> bool:
    """Whether the certificate, which is compared in any case, is all that the session has."""
    profile = session.profile
    others = session.credential or profile.public_keys or profile.hmac_keys
    return bool(profile.certificate) and not others and _is_user(session, username)
