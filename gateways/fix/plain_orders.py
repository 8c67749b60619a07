"""The quick way for plain orders: one regular expression reads and judges a whole message.

An engine writes all its orders in one form: the same fields in the same order, header included. Once the general way
has accepted a plain limit order or a cancel, its form is learned: an expression that has the form's tags literally and
each value in the narrowest syntax. What matches is split, typed and in range at the speed of C, about a third of what
the general way takes; what does not goes the general way, which alone knows what is wrong with it.

Only fields whose values are harmless by themselves take part, so a form holds nothing that the session, the dictionary
or the venue would want to judge: no PossDupFlag, no routing, no instructions.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.commands import CancelOrder, NewOrder
from engine.decimals import parse_decimal
from engine.types import OrdType, TimeInForce
from gateways.fix import vocabulary as words
from gateways.fix.fields_in import ID_MAX, SIDES
from gateways.fix.times import SECOND_NS, check_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.commands import ClientCommand
    from engine.directory import Directory
    from engine.events import SessionOpened
    from gateways.fix.codec import Message
    from gateways.fix.ports import Port

FORMS_MAX: Final = 4
"""Forms that one session may teach; further ones go the general way."""
SEEN_BEFORE_LEARNT: Final = 8
"""How many messages in a row must have a form before it is worth an expression, which takes a millisecond to make."""

_TIME = r"(\d{8}-\d\d:\d\d:\d\d)(?:\.\d{3}(?:\d{3}){0,2})?"
_NUMBER = r"(\d{1,10}(?:\.\d{1,8})?)"
_NAME = rf"([^\x01]{{1,{ID_MAX}}})"
_TIFS: Final = {"": TimeInForce.DAY} | {code: words.TIFS[code] for code in "0134"}
"""TimeInForce (59), or none: those that every version defines and that need no other field."""
_VALUES: Final = {
    "8": r"FIXT?\.\d\.\d", "9": r"\d+", "35": "[DF]", "34": r"([1-9]\d{0,9})", "49": _NAME, "56": _NAME, "52": _TIME,
    "11": _NAME, "41": _NAME, "1": _NAME, "55": _NAME, "54": "([12])", "60": _TIME, "21": "[123]",
    "38": _NUMBER, "40": "2", "44": _NUMBER, "59": f"([{''.join(_TIFS)}])",
}  # fmt: skip
"""Each field's syntax; a group where the value matters."""
# An order's and a cancel's values stand in the same places, so that one statement takes either apart.
_ORDER = ("34", "49", "56", "52", "11", "55", "54", "60", "1", "38", "44", "59")
_CANCEL = ("34", "49", "56", "52", "11", "55", "54", "60", "1", "41", "", "")
_REQUIRED = {"D": {"11", "55", "54", "60", "38", "40", "44"}, "F": {"11", "41", "55", "54", "60"}}
_OPTIONAL = {"D": {"1", "21", "59"}, "F": {"1"}}
_HEADER = ("8", "9", "35", "34", "49", "56", "52")
_LIMIT: Final = OrdType.LIMIT

_number = lru_cache(maxsize=65_536)(parse_decimal)


class _Form(NamedTuple):
    """One form of a message."""

    match: Callable[[str], re.Match[str] | None]
    groups: tuple[int, ...]
    """Where the values are that the kind of message needs, in the order of ``_ORDER`` or ``_CANCEL``."""
    is_order: bool


@lru_cache(maxsize=256)
def _form(kind: str, tags: tuple[str, ...]) -> _Form:
    """The form of messages of MsgType ``kind`` whose fields are ``tags``, CheckSum left out."""
    place: dict[str, int] = {}
    text = ""
    for tag in tags:
        value = _VALUES[tag]
        if "(" in value.replace("(?:", ""):
            place[tag] = len(place) + 1
        text += f"{tag}={kind if tag == '35' else value}\x01"
    # A field that is not there reads as empty, by a group that matches nothing.
    absent = len(place) + 1
    wanted = _ORDER if kind == "D" else _CANCEL
    expression = re.compile(f"{text}()10=\\d{{3}}\x01", re.ASCII)
    return _Form(expression.fullmatch, tuple(place.get(tag, absent) for tag in wanted), kind == "D")


class PlainOrders:
    """One session's quick way. ``accuracy_s``: see ``FixSettings.sending_time_accuracy_s``."""

    __slots__ = (
        "_account_ids", "_account_named", "_accuracy_s", "_comp_id", "_default_account_id", "_forms",
        "_instrument_named", "_port", "_seen", "_seen_times", "_sent", "_sent_s", "_session_id",
        "_target_comp_id", "_transacted",
    )  # fmt: skip

    def __init__(self, session: SessionOpened, directory: Directory, port: Port, accuracy_s: int) -> None:
        self._session_id = session.session_id
        self._comp_id = session.comp_id
        self._target_comp_id = session.target_comp_id
        self._default_account_id = session.default_account_id
        self._account_ids = session.account_ids
        self._account_named = directory.account_named
        self._instrument_named = directory.instrument_named
        self._port = port
        self._accuracy_s = accuracy_s
        self._forms: list[_Form] = []
        self._seen: tuple[str, ...] = ()
        self._seen_times = 0
        self._sent = ""
        self._sent_s = 0
        self._transacted = ""

    def learn(self, message: Message, command: ClientCommand) -> None:
        """The general way made ``command`` of ``message``: its form is remembered if it is a plain one."""
        if len(self._forms) >= FORMS_MAX:
            return
        plain = type(command) is CancelOrder or (type(command) is NewOrder and command.special is None)
        if not plain:
            return
        tags = tuple([tag for tag, _ in message.pairs])
        if tags != self._seen:
            self._seen, self._seen_times = tags, 0
        self._seen_times += 1
        if self._seen_times == SEEN_BEFORE_LEARNT and _is_plain(message.msg_type, tags):
            self._forms.append(_form(message.msg_type, tags))

    def read(self, frames: list[bytes], at: int, in_from: int, now_ns: int, into: list[ClientCommand]) -> int:
        """Reads frames from ``at`` on, as far as they are plain and in sequence. Returns the first that is not.

        Commands are appended to ``into``; the first accounts for the inbound numbers from ``in_from`` on.
        """
        forms = self._forms
        if not forms:
            return at
        expected = self._port.in_next
        read = self._read
        form = forms[0]
        keep = into.append
        for place in range(at, len(frames)):
            text = frames[place].decode("latin-1")
            found = form.match(text)
            if found is None:
                for other in forms:
                    if (found := other.match(text)) is not None:
                        form = other
                        break
                else:
                    at = place
                    break
            command = read(form, found, expected, in_from, now_ns)
            if command is None:
                at = place
                break
            keep(command)
            expected += 1
            in_from = expected
        else:
            at = len(frames)
        self._port.in_next = expected
        return at

    def _read(
        self, form: _Form, found: re.Match[str], expected: int, in_from: int, now_ns: int
    ) -> NewOrder | CancelOrder | None:
        """The command; None if it takes the general way to say what it is."""
        (
            seq, sender, target, sent, cl_ord_id, symbol, side, transacted, account, qty_or_orig, px, tif,
        ) = found.group(*form.groups)  # fmt: skip
        if int(seq) != expected or sender != self._comp_id or target != self._target_comp_id:
            return None
        if (sent != self._sent or transacted != self._transacted) and not self._check_times(sent, transacted):
            return None
        if self._accuracy_s and abs(now_ns // SECOND_NS - self._sent_s) > self._accuracy_s:
            return None
        instrument = self._instrument_named(symbol)
        account_id = self._account_id(account) if account else self._default_account_id
        if instrument is None or not account_id:
            return None
        if not form.is_order:
            if qty_or_orig == "NONE":
                return None
            return CancelOrder(
                self._session_id, cl_ord_id, account_id, instrument.symbol_id, SIDES[side], qty_or_orig, 0,
                in_from, expected,
            )  # fmt: skip
        order_qty, limit = _number(qty_or_orig), _number(px)
        if not order_qty or not limit:
            return None
        return NewOrder(
            self._session_id, cl_ord_id, account_id, instrument.symbol_id, SIDES[side], _LIMIT, _TIFS[tif],
            order_qty, limit, in_from, expected,
        )  # fmt: skip

    def _check_times(self, sent: str, transacted: str) -> bool:
        """Whether both are moments in time; they are remembered, as messages cluster on the second."""
        try:
            self._sent_s = check_utc(sent)
            if transacted != sent:
                check_utc(transacted)
        except ValueError:
            self._sent = ""
            return False
        self._sent, self._transacted = sent, transacted
        return True

    def _account_id(self, name: str) -> int:
        account = self._account_named(name)
        return account.account_id if account is not None and account.account_id in self._account_ids else 0


def _is_plain(kind: str, tags: tuple[str, ...]) -> bool:
    """Whether a message of these fields has a form: the first three in their places, the header before the body,
    everything needed, nothing else, nothing twice."""
    if kind not in _REQUIRED or tags[:3] != _HEADER[:3] or set(tags[: len(_HEADER)]) != set(_HEADER):
        return False
    body = tags[len(_HEADER) :]
    return _REQUIRED[kind] <= set(body) <= _REQUIRED[kind] | _OPTIONAL[kind] and len(set(body)) == len(body)
