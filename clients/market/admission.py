"""How a client of the market data port gets in: a login, and a signature where the venue wants one. No I/O."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeVar

from clients.answers import message_rejected
from clients.decoding import template_of
from clients.exceptions import LoginRefused, ProtocolError
from clients.link import Link
from clients.session import SoupSession
from clients.settings import Settings
from gateways.binary import soup
from gateways.binary.authentication import read_challenge
from gateways.binary.codec import AUTHENTICATION_CHALLENGE, MESSAGE_REJECT
from gateways.binary.rejects import MessageRejectReason

E = TypeVar("E")


class AdmittedLink(Link[E]):
    """``session`` knows what is asked for."""

    def __init__(
        self, username: str, password: str, session: SoupSession, settings: Settings, chance: Callable[[], float]
    ) -> None:
        super().__init__(settings, chance)
        self.session = session
        self._credentials = username, password

    @property
    def words(self) -> str:
        """See :class:`Link`."""
        return self.session.last_debug

    def _greet(self) -> None:
        self._unsent.append(self.session.log_in(*self._credentials))

    def _on_admission(self, payload: bytes) -> bool:
        """Whether a message is about the login and not about the market; the challenge is answered. Raises
        ``LoginRefused``, ``ProtocolError``."""
        try:
            template_id = template_of(payload)
        except struct.error as error:
            raise ProtocolError(f"unreadable message: {error!r}") from error
        if template_id == AUTHENTICATION_CHALLENGE.template_id:
            key = self.settings.key
            if key is None:
                raise LoginRefused(soup.NOT_AUTHORISED, "the session's logins have to be signed: its key is needed")
            self._unsent.append(self.session.authenticate(key, read_challenge(payload)[0]))
            return True
        if template_id == MESSAGE_REJECT.template_id:
            rejected = message_rejected(payload)
            later = rejected.reason == MessageRejectReason.SESSION_NOT_AVAILABLE
            raise LoginRefused(soup.SESSION_NOT_AVAILABLE if later else soup.NOT_AUTHORISED, rejected.text)
        return False
