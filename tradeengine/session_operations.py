"""What operators do with clients' sessions: open, change, keys, disable, remove.

A session's event holds the whole of it, so whoever changes one does it under the door's lock, from what the one before
has made durable.
"""

from __future__ import annotations

import base64
import os
import re
from typing import Final

import msgspec
import trio

from actors.port import SessionPort
from config.keys import (
    ED25519_BYTES,
    HMAC_BYTES_MADE,
    HMAC_BYTES_MAX,
    HMAC_BYTES_MIN,
    KEY_ID,
    KEYS_MAX,
    Key,
    KeyUnusable,
    is_hmac_key,
    is_public_key,
    key_id_of,
    owner_of,
    read_key,
    write_key,
)
from engine.events import SessionOpened, SessionRemoved
from engine.session_profile import SessionProfile
from gateways.http import messages
from gateways.http.operations import OperationInvalid, OperationRefused, OperationUnknown
from gateways.http.views import Done, Entry, KeyAddedView, KeyRequest, SessionOpenedView, SessionView
from tradeengine import inspection
from tradeengine.admission import changed_session, session_config, session_entry
from tradeengine.desk import Desk
from tradeengine.venue import Venue

_SALT_BYTES = 16
_LEAVING_S = 2.0
"""How much longer than for a Logout's answer is waited for a client that is removed."""
_LOOK_S = 0.01
_KEY_RULES: Final = {
    "ed25519": (is_public_key, f"{ED25519_BYTES} bytes"),
    "hmac": (is_hmac_key, f"{HMAC_BYTES_MIN} to {HMAC_BYTES_MAX} bytes"),
}


class SessionOperations(Desk):
    """See the module, and :class:`gateways.http.sessions.SessionDesk`."""

    # ---- what there is --------------------------------------------------------------------------------------------

    def sessions(self) -> list[SessionView]:
        return inspection.sessions(self._present())

    def session(self, session_id: int) -> Entry:
        venue = self._present()
        known = self._session(venue, session_id)
        port = venue.ports.get(session_id)
        logged_on = port is not None and port.connection is not None
        return {"session_id": session_id, "logged_on": logged_on, **session_entry(known, venue.directory)}

    # ---- opening and changing -------------------------------------------------------------------------------------

    async def open_session(self, entry: Entry, operator: str) -> SessionOpenedView:
        venue = self._working()
        directory = venue.directory
        wanted = session_config(entry, self._settings, directory)
        identity = wanted.identity(self._settings.fix.comp_id)
        credential = await trio.to_thread.run_sync(wanted.credential, os.urandom(_SALT_BYTES))
        async with venue.door.changing:
            if directory.session_keyed(*identity) is not None:
                raise OperationRefused(f"there is a session {wanted.protocol} {wanted.comp_id} already")
            owner = owner_of(*identity)
            sealed = [_sealed(venue, text, owner) for text in wanted.hmac_keys]
            ids = {name: self._account_named(venue, name).account_id for name in wanted.accounts}
            opened = SessionOpened(
                directory.next_session_id(),
                *identity,
                wanted.username or wanted.comp_id,
                credential,
                wanted.firm,
                list(ids.values()),
                ids[wanted.default_account] if wanted.default_account else 0,
                wanted.enabled,
                operator,
                wanted.profile(sealed),
            )
            await venue.members.add_session(opened)
            done = await self._journal(venue, [opened])
        return SessionOpenedView(opened.session_id, done.sequence)

    async def change_session(self, session_id: int, changes: Entry, operator: str) -> Done:
        venue = self._working()
        directory = venue.directory
        async with venue.door.changing:
            known = self._session(venue, session_id)
            wanted, sealed = changed_session(known, changes, self._settings, directory)
            credential = await trio.to_thread.run_sync(wanted.credential, os.urandom(_SALT_BYTES))
            ids = {name: self._account_named(venue, name).account_id for name in wanted.accounts}
            changed = msgspec.structs.replace(
                known,
                username=wanted.username or wanted.comp_id,
                credential=credential,
                account_ids=list(ids.values()),
                default_account_id=ids[wanted.default_account] if wanted.default_account else 0,
                operator=operator,
                profile=wanted.profile(sealed),
            )
            return await self._journal(venue, [changed])

    async def set_session_enabled(self, session_id: int, enabled: bool, operator: str) -> Done:
        venue = self._working()
        async with venue.door.changing:
            known = self._session(venue, session_id)
            return await self._journal(venue, [msgspec.structs.replace(known, enabled=enabled, operator=operator)])

    # ---- keys -----------------------------------------------------------------------------------------------------

    async def add_key(self, session_id: int, request: KeyRequest, operator: str) -> KeyAddedView:
        venue = self._working()
        text, secret = _key_of(request)
        async with venue.door.changing:
            known = self._session(venue, session_id)
            profile = known.profile
            key_ids = set(map(key_id_of, (*profile.public_keys, *profile.hmac_keys)))
            if request.key_id in key_ids or request.key_id == known.username:
                raise OperationRefused(f"the name {request.key_id!r} is taken")
            if request.kind == "ed25519":
                changed = msgspec.structs.replace(profile, public_keys=(*profile.public_keys, text))
            else:
                owner = owner_of(known.protocol, known.comp_id, known.target_comp_id)
                sealed = _sealed(venue, text, owner)
                changed = msgspec.structs.replace(profile, hmac_keys=(*profile.hmac_keys, sealed))
            if max(len(changed.public_keys), len(changed.hmac_keys)) > KEYS_MAX:
                raise OperationRefused(f"the session has {KEYS_MAX} keys of this kind: revoke one first")
            done = await self._change_profile(venue, known, changed, operator)
        return KeyAddedView(done.sequence, request.key_id, secret)

    async def revoke_key(self, session_id: int, key_id: str, operator: str) -> Done:
        venue = self._working()
        async with venue.door.changing:
            known = self._session(venue, session_id)
            profile = known.profile
            public = tuple(text for text in profile.public_keys if key_id_of(text) != key_id)
            sealed = tuple(text for text in profile.hmac_keys if key_id_of(text) != key_id)
            changed = msgspec.structs.replace(profile, public_keys=public, hmac_keys=sealed)
            if changed == profile:
                raise OperationUnknown(f"the session has no key {key_id[:40]!r}")
            return await self._change_profile(venue, known, changed, operator)

    async def _change_profile(self, venue: Venue, known: SessionOpened, to: SessionProfile, operator: str) -> Done:
        return await self._journal(venue, [msgspec.structs.replace(known, profile=to, operator=operator)])

    # ---- leaving --------------------------------------------------------------------------------------------------

    async def cancel_session(self, session_id: int, operator: str) -> Done:
        venue = self._working()
        return await self._cancel_orders(venue, session_id, self._session(venue, session_id).account_ids, operator)

    async def remove_session(self, session_id: int, operator: str) -> Done:
        venue = self._working()
        self._port(venue, session_id)
        if self._session(venue, session_id).enabled:
            await self.set_session_enabled(session_id, False, operator)
        port = await self._left(venue, session_id)
        account_ids = sorted({order.terms.account_id for order in port.state.open.values()})
        if account_ids:
            await self._cancel_orders(venue, session_id, account_ids, operator)
            await venue.barrier()
        async with venue.door.changing:
            port = self._port(venue, session_id)
            if self._session(venue, session_id).enabled or port.connection is not None:
                raise OperationRefused("the session has been enabled again meanwhile")
            if port.state.open:
                raise OperationRefused(
                    f"{len(port.state.open)} of its orders could not be cancelled; the session is disabled"
                )
            return await self._journal(venue, [SessionRemoved(session_id, operator)])

    async def _left(self, venue: Venue, session_id: int) -> SessionPort:
        """Wait until nobody is there and nothing is on its way. Raises OperationRefused."""
        patience_s = self._settings.fix.logout_timeout_s + _LEAVING_S
        with trio.move_on_after(patience_s):
            while True:
                port = self._port(venue, session_id)
                if port.connection is None and port.submitted == port.resolved:
                    return port
                await trio.sleep(_LOOK_S)
        raise OperationRefused("the client has not left; the session is disabled: try again")

    async def _cancel_orders(self, venue: Venue, session_id: int, account_ids: list[int], operator: str) -> Done:
        for account_id in account_ids:
            self._in_service(venue.members.accounts, venue.directory.account(account_id).name)
        return await self._change(venue, [self._cancel_of(venue, it, session_id, operator) for it in account_ids])

    # ---- finding --------------------------------------------------------------------------------------------------

    def _session(self, venue: Venue, session_id: int) -> SessionOpened:
        known = venue.directory.sessions.get(session_id)
        if known is None:
            raise OperationUnknown(f"there is no session with the id {session_id}")
        return known

    def _port(self, venue: Venue, session_id: int) -> SessionPort:
        self._session(venue, session_id)
        port = venue.ports.get(session_id)
        if port is None:
            raise OperationRefused("the session is out of service since it failed; restart the venue to bring it back")
        return port


def _sealed(venue: Venue, text: str, owner: str) -> str:
    try:
        return venue.seal.seal(read_key(text), owner)
    except KeyUnusable as error:
        raise OperationRefused(f"the venue cannot keep the key: {error}") from error


def _key_of(request: KeyRequest) -> tuple[str, str]:
    """``id:base64``, and the secret to be told if it has been made here. Raises OperationInvalid."""
    rule = _KEY_RULES.get(request.kind)
    if rule is None:
        raise _invalid("kind", f"{request.kind[:40]!r} is not allowed; expected one of {', '.join(_KEY_RULES)}")
    if not re.fullmatch(KEY_ID, request.key_id):
        raise _invalid("key_id", f"{request.key_id[:40]!r} is not allowed; expected 1 to 32 of A-Z a-z 0-9 . _ -")
    if request.kind == "hmac" and not request.key:
        made = os.urandom(HMAC_BYTES_MADE)
        return write_key(Key(request.key_id, made)), base64.b64encode(made).decode("ascii")
    text = f"{request.key_id}:{request.key}"
    allows, allowed = rule
    if not allows(text):
        raise _invalid("key", f"is not allowed; expected {allowed} in base64")
    return text, ""


def _invalid(key: str, text: str) -> OperationInvalid:
    return OperationInvalid(messages.Problem(key, text))
