"""UserRequest (BE) and UserResponse (BF): a session's user asks for its status or changes its password. Pure.

A session has one user, who is logged on as long as the session is. The change is checked, hashed and journaled by the
venue (:data:`gateways.fix.services.ChangePassword`); here the passwords are only passed on.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from gateways.fix.codec import printable
from gateways.fix.fields_in import OUT_OF_RANGE, identifier
from gateways.fix.refusals import BusinessRefusal, FieldRefusal

if TYPE_CHECKING:
    from engine.events import SessionOpened
    from gateways.fix.codec import Message
    from gateways.fix.services import ChangePassword, PasswordKept, Send

_LOG_ON, _LOG_OFF, _CHANGE_PASSWORD, _STATUS = "1", "2", "3", "4"
"""UserRequestType (924)."""
_TYPES_DEFINED: Final = frozenset("12345")
_LOGGED_IN, _NOT_RECOGNISED, _PASSWORD_INCORRECT, _PASSWORD_CHANGED, _OTHER = 1, 3, 4, 5, 6
"""UserStatus (926)."""


class Users:
    """A :class:`gateways.fix.services.Service` for one session. ``change_password``: None where nobody can."""

    msg_types = frozenset({"BE"})

    def __init__(self, send: Send, session: SessionOpened, change_password: ChangePassword | None) -> None:
        self._send = send
        self._session = session
        self._change_password = change_password
        self._changing = False
        self._closed = False

    def request(self, message: Message, now_ns: int) -> None:
        """See :class:`gateways.fix.services.Service`."""
        fields = message.fields
        kind = fields["924"]
        request_id, username = identifier(fields, "923"), identifier(fields, "553")
        if kind not in _TYPES_DEFINED:
            raise FieldRefusal(5, "924", OUT_OF_RANGE)
        if username != self._session.username:
            self._answer(request_id, username, _NOT_RECOGNISED, "the session's user is another", now_ns)
        elif kind == _CHANGE_PASSWORD:
            self._change(fields, request_id, now_ns)
        elif kind in (_STATUS, _LOG_ON):
            self._answer(request_id, username, _LOGGED_IN, "", now_ns)
        elif kind == _LOG_OFF:
            self._answer(request_id, username, _OTHER, "a user logs off by the session's Logout (35=5)", now_ns)
        else:
            self._answer(request_id, username, _OTHER, f"UserRequestType {kind} is not supported", now_ns)

    def close(self) -> None:
        """See :class:`gateways.fix.services.Service`."""
        self._closed = True

    def _change(self, fields: dict[str, str], request_id: str, now_ns: int) -> None:
        if "554" not in fields or "925" not in fields:
            raise BusinessRefusal(5, request_id, "Password (554) and NewPassword (925) are required")
        username = fields["553"]
        if self._change_password is None:
            self._answer(request_id, username, _OTHER, "passwords are not changed here", now_ns)
        elif self._changing:
            self._answer(request_id, username, _OTHER, "a change of the password is under way", now_ns)
        else:
            self._changing = True
            self._change_password(fields["554"], fields["925"], partial(self._changed, request_id, username))

    def _changed(self, request_id: str, username: str, kept: PasswordKept | None, now_ns: int) -> None:
        self._changing = False
        if self._closed:
            return
        if kept is None:
            self._answer(request_id, username, _PASSWORD_CHANGED, "", now_ns)
        else:
            self._answer(request_id, username, _PASSWORD_INCORRECT if kept.is_wrong else _OTHER, kept.text, now_ns)

    def _answer(self, request_id: str, username: str, status: int, text: str, now_ns: int) -> None:
        why = f"927={printable(text)}\x01" if text else ""
        self._send("BF", f"923={request_id}\x01553={printable(username)}\x01926={status}\x01{why}", now_ns)
