"""The quick way for plain orders: one regular expression reads and judges a whole message.

An engine writes all its orders in one form: the same fields in the same order, header included, and times of one
precision. Once the general way has accepted some plain limit orders or cancels of a form, it is learned: an expression
that has the form's tags literally, and of each value the syntax. What matches is split at the speed of C. Values that
come again and again are looked at once: numbers, seconds, and within a read symbols and accounts. It takes a seventh of
what the general way does; what does not match, or has a value that is not plain, goes that way, which alone knows what
is wrong with it.

Only fields whose values are harmless by themselves take part, so a form holds nothing that the session, the dictionary
or the venue would want to judge: no PossDupFlag, no routing, no instructions.
"""

from __future__ import annotations

import re
from functools import lru_cache
from sys import maxsize
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
"""How many messages must have a form before it is worth an expression, which takes a millisecond to make."""
_SHAPES_MAX: Final = 64
"""Shapes of which one session's messages are counted; at one more the counts start anew."""

_SECOND_SIZE: Final = 17
_PRECISIONS: Final = {_SECOND_SIZE: "", 21: r"\.\d{3}", 24: r"\.\d{6}", 27: r"\.\d{9}"}
"""What follows the second in a UTCTimestamp, by its size: nothing, or milli-, micro- or nanoseconds."""
_TIME = rf"([^\x01]{{{_SECOND_SIZE}}})"
_NUMBER = r"([^\x01]{1,19})"
_PLAIN_NUMBER: Final = re.compile(r"\d{1,10}(?:\.\d{1,8})?", re.ASCII).fullmatch
_NAME = rf"([^\x01]{{1,{ID_MAX}}})"
_TIFS: Final = {"": TimeInForce.DAY} | {code: words.TIFS[code] for code in "0134"}
"""TimeInForce (59), or none: those that every version defines and that need no other field."""
_VALUES: Final = {
    "9": r"\d+", "34": r"([1-9]\d{0,9})", "49": _NAME, "56": _NAME, "52": _TIME,
    "11": _NAME, "41": rf"(?!NONE\x01){_NAME}", "1": _NAME, "55": _NAME, "54": "([12])", "60": _TIME, "21": "[123]",
    "38": _NUMBER, "40": "2", "44": _NUMBER, "59": f"([{''.join(_TIFS)}])",
}  # fmt: skip
"""Each field's syntax; a group where the value matters. Times and numbers are judged when they are seen first."""
# An order's and a cancel's values stand in the same places, so that one statement takes either apart.
_ORDER = ("34", "49", "56", "52", "11", "55", "54", "60", "1", "38", "44", "59")
_CANCEL = ("34", "49", "56", "52", "11", "55", "54", "60", "1", "41", "", "")
_REQUIRED = {"D": {"11", "55", "54", "60", "38", "40", "44"}, "F": {"11", "41", "55", "54", "60"}}
_OPTIONAL = {"D": {"1", "21", "59"}, "F": {"1"}}
_HEADER = ("8", "9", "35", "34", "49", "56", "52")
_TIMES = ("52", "60")
_LIMIT: Final = OrdType.LIMIT


@lru_cache(maxsize=65_536)
def _number(text: str) -> int:
    """A quantity or price, scaled; 0 if it takes the general way to say what it is."""
    return parse_decimal(text) if _PLAIN_NUMBER(text) else 0


class _Form(NamedTuple):
    """One form of a message."""

    match: Callable[[str], re.Match[str] | None]
    groups: tuple[int, ...]
    """Where the values are that the kind of message needs, in the order of ``_ORDER`` or ``_CANCEL``."""


class _Shape(NamedTuple):
    """What messages of one form have in common."""

    begin_string: str
    kind: str
    """MsgType (35)."""
    tags: tuple[str, ...]
    """All but CheckSum, in order."""
    time_sizes: tuple[int, ...]
    """Of SendingTime (52) and TransactTime (60); one that a message lacks is 0."""


@lru_cache(maxsize=256)
def _form(shape: _Shape) -> _Form:
    """The form of messages of a plain shape; sessions whose clients write alike share it."""
    begin_string, kind, tags, time_sizes = shape
    fractions = dict(zip(_TIMES, [_PRECISIONS[size] for size in time_sizes], strict=True))
    place: dict[str, int] = {}
    values = _VALUES | {"8": re.escape(begin_string), "35": kind}
    text = ""
    for tag in tags:
        value = values[tag]
        if "(" in value:
            place[tag] = len(place) + 1
        text += f"{tag}={value}{fractions.get(tag, '')}\x01"
    # A field that is not there reads as empty, by a group that matches nothing.
    absent = len(place) + 1
    wanted = _ORDER if kind == "D" else _CANCEL
    expression = re.compile(f"{text}()10=\\d{{3}}\x01", re.ASCII)
    return _Form(expression.fullmatch, tuple(place.get(tag, absent) for tag in wanted))


class PlainOrders:
    """One session's quick way. ``accuracy_s``: see ``FixSettings.sending_time_accuracy_s``."""

    __slots__ = (
        "_account_ids", "_account_named", "_accuracy_s", "_comp_id", "_default_account_id", "_forms",
        "_instrument_named", "_port", "_seen", "_session_id", "_target_comp_id",
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
        self._accuracy_s = accuracy_s or maxsize
        self._forms: list[_Form] = []
        self._seen: dict[_Shape, int] = {}
        """How many messages of each shape have gone the general way."""

    def learn(self, message: Message, command: ClientCommand) -> None:
        """The general way made ``command`` of ``message``: its form is remembered if it is a plain one."""
        if len(self._forms) >= FORMS_MAX:
            return
        plain = type(command) is CancelOrder or (type(command) is NewOrder and command.special is None)
        if not plain:
            return
        fields = message.fields
        tags = tuple([tag for tag, _ in message.pairs])
        shape = _Shape(fields["8"], message.msg_type, tags, tuple([len(fields.get(tag, "")) for tag in _TIMES]))
        if len(self._seen) >= _SHAPES_MAX:
            self._seen.clear()
        times = self._seen[shape] = self._seen.get(shape, 0) + 1
        if times == SEEN_BEFORE_LEARNT and _is_plain(shape):
            self._forms.append(_form(shape))

    def read(self, frames: list[bytes], at: int, in_from: int, now_ns: int, into: list[ClientCommand]) -> int:
        """Reads frames from ``at`` on, as far as they are plain and in sequence. Returns the first that is not.

        Commands are appended to ``into``; the first accounts for the inbound numbers from ``in_from`` on.
        """
        if not self._forms:
            return at
        first = expected = self._port.in_next
        session_id, comp_id, target_comp_id = self._session_id, self._comp_id, self._target_comp_id
        symbol_ids: dict[str, int] = {}
        account_ids = {"": self._default_account_id}
        known_sent = known_transacted = ""
        match, groups = self._forms[0]
        keep = into.append
        for frame in frames[at:]:
            text = frame.decode("latin-1")
            found = match(text)
            if found is None:
                (match, groups), found = self._other_form(text)
                if found is None:
                    break
            (
                seq, sender, target, sent, cl_ord_id, symbol, side, transacted, account, qty_or_orig, px, tif,
            ) = found.group(*groups)  # fmt: skip
            if int(seq) != expected or sender != comp_id or target != target_comp_id:
                break
            if sent != known_sent or transacted != known_transacted:
                if not self._are_right(sent, transacted, now_ns):
                    break
                known_sent, known_transacted = sent, transacted
            symbol_id = symbol_ids.get(symbol) or self._symbol_id(symbol, symbol_ids)
            account_id = account_ids.get(account) or self._account_id(account, account_ids)
            if not symbol_id or not account_id:
                break
            if px:
                qty, limit = _number(qty_or_orig), _number(px)
                if not qty or not limit:
                    break
                keep(NewOrder(
                    session_id, cl_ord_id, account_id, symbol_id, SIDES[side], _LIMIT, _TIFS[tif], qty, limit,
                    in_from, expected,
                ))  # fmt: skip
            else:  # a cancel's Price reads as empty
                keep(CancelOrder(
                    session_id, cl_ord_id, account_id, symbol_id, SIDES[side], qty_or_orig, 0, in_from, expected
                ))  # fmt: skip
            expected += 1
            in_from = expected
        self._port.in_next = expected
        return at + expected - first

    def _other_form(self, text: str) -> tuple[_Form, re.Match[str] | None]:
        """The form that a message has and its match; the last one and None if it has none."""
        for form in self._forms:
            found = form.match(text)
            if found is not None:
                break
        return form, found

    def _are_right(self, sent: str, transacted: str, now_ns: int) -> bool:
        """Whether both are moments in time, and SendingTime is near enough to now."""
        try:
            check_utc(transacted)
            sent_s = check_utc(sent)
        except ValueError:
            return False
        return abs(now_ns // SECOND_NS - sent_s) <= self._accuracy_s

    def _symbol_id(self, name: str, known: dict[str, int]) -> int:
        instrument = self._instrument_named(name)
        if instrument is None:
            return 0
        known[name] = instrument.symbol_id
        return known[name]

    def _account_id(self, name: str, known: dict[str, int]) -> int:
        account = self._account_named(name)
        if account is None or account.account_id not in self._account_ids:
            return 0
        known[name] = account.account_id
        return known[name]


def _is_plain(shape: _Shape) -> bool:
    """Whether messages of this shape have a form: the first three in their places, the header before the body,
    everything needed, nothing else, nothing twice, times as precise as the standard has them."""
    _, kind, tags, time_sizes = shape
    if kind not in _REQUIRED or tags[:3] != _HEADER[:3] or set(tags[: len(_HEADER)]) != set(_HEADER):
        return False
    body = tags[len(_HEADER) :]
    plain = _REQUIRED[kind] <= set(body) <= _REQUIRED[kind] | _OPTIONAL[kind] and len(set(body)) == len(body)
    return plain and all(size in _PRECISIONS for size in time_sizes)
