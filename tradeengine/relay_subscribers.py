"""Who may listen to a relay: its configured subscribers, behind the same door as a venue's sessions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from actors.door import Door
from actors.passwords import Passwords
from actors.runtime import Dispatcher, Mailbox
from actors.signatures import Signatures
from config.keys import VENUE_KEY_BYTES, KeySeal, owner_of, read_key
from config.relay import SubscriberConfig
from engine.directory import CONFIGURATION, Directory
from engine.events import SessionOpened
from engine.session_profile import Rights, SessionProfile
from gateways.binary.client_connection import PROTOCOL

_SALT_BYTES: Final = 16
_WINDOW_NS: Final = 60 * 10**9


def subscribers_door(
    subscribers: Sequence[SubscriberConfig],
    observe: Callable[..., None],
    clock_ns: Callable[[], int],
    entropy: Callable[[int], bytes] = os.urandom,
) -> Door:
    """Hashes passwords that are given as such, which is slow by intent.

    What this process keeps of secrets is sealed with a key that it never tells.
    """
    key = entropy(VENUE_KEY_BYTES)
    seal = KeySeal(lambda: key, entropy)
    directory = Directory()
    with ThreadPoolExecutor() as pool:  # hashing leaves the GIL
        made = [pool.submit(_session, number, one, seal, entropy) for number, one in enumerate(subscribers, 1)]
        for session in made:
            directory.apply(session.result())
    nobody: Mailbox[Any] = Mailbox("no journal", 1)
    passwords = Passwords(directory, nobody, Dispatcher(), entropy)
    return Door(directory, {}, observe, passwords, Signatures(seal, clock_ns, _WINDOW_NS), clock_ns)


def _session(session_id: int, one: SubscriberConfig, seal: KeySeal, entropy: Callable[[int], bytes]) -> SessionOpened:
    owner = owner_of(PROTOCOL, one.username, "")
    profile = SessionProfile(
        rights=Rights.MARKET_DATA,
        rate_per_s=one.rate.per_second,
        rate_burst=one.rate.burst,
        rate_action=one.rate.action,
        public_keys=tuple(one.public_keys),
        hmac_keys=tuple(seal.seal(read_key(text), owner) for text in one.hmac_keys),
        certificate=one.certificate,
    )
    return SessionOpened(
        session_id,
        PROTOCOL,
        one.username,
        "",
        one.username,
        one.credential(entropy(_SALT_BYTES)),
        "",
        [],
        0,
        one.enabled,
        CONFIGURATION,
        profile,
    )
