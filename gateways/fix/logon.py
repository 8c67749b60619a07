"""The first message of a connection: what a Logon (35=A) must say before anybody is asked whether it is welcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gateways.fix.codec import SOH, Encoder, Message, parse, printable
from gateways.fix.dialect import DIALECTS, Dialect
from gateways.fix.numbers import read_int
from gateways.fix.times import SECOND_NS, check_utc, format_utc

if TYPE_CHECKING:
    from gateways.fix.refused import SessionKey
    from gateways.fix.settings import FixSettings


class LogonRefusal(Exception):
    """The connection must end. ``reply`` is the Logout to send first, to the client of ``session``; empty: end without
    a word."""

    def __init__(self, reason: str, reply: bytes = b"", session: SessionKey = ("", "", "")) -> None:
        super().__init__(reason)
        self.reply = reply
        self.session = session


class LogonRequest(msgspec.Struct, frozen=True):
    """A Logon that is complete and correct in itself."""

    dialect: Dialect
    comp_id: str
    target_comp_id: str
    username: str
    password: str
    heartbeat_s: int
    reset: bool
    msg_seq_num: int
    poss_dup: bool
    next_expected: int
    """NextExpectedMsgSeqNum (789); 0 if it is not given."""

    @property
    def session(self) -> SessionKey:
        """BeginString, the client's CompID and the venue's."""
        return self.dialect.begin_string, self.comp_id, self.target_comp_id


def read_logon(frame: bytes, now_ns: int, settings: FixSettings) -> LogonRequest:
    """Reads a connection's first frame.

    Raises:
        LogonRefusal: it is no Logon, or one that can't be accepted.
    """
    message = parse(frame)
    fields = message.fields
    if message.msg_type != "A":
        raise LogonRefusal(f"the first message is no Logon: MsgType {message.msg_type!r}")
    dialect = DIALECTS.get(fields["8"])
    comp_id, target_comp_id = fields.get("49"), fields.get("56")
    if dialect is None or not comp_id or not target_comp_id:
        raise LogonRefusal(f"unknown BeginString {fields['8']!r} or no CompIDs")
    wrong = _wrong(message, now_ns, settings)
    if wrong:
        raise refused((fields["8"], comp_id, target_comp_id), wrong, now_ns, settings)
    password = fields.get("554", "")
    if not password and dialect.password_in_raw_data:
        password = fields.get("96", "")
    return LogonRequest(
        dialect=dialect,
        comp_id=comp_id,
        target_comp_id=target_comp_id,
        username=fields.get("553") or comp_id,
        password=password,
        heartbeat_s=int(fields["108"]),
        reset=fields.get("141") == "Y",
        msg_seq_num=int(fields["34"]),
        poss_dup=fields.get("43") == "Y",
        next_expected=int(fields.get("789", "0")),
    )


def refused(session: SessionKey, reason: str, now_ns: int, settings: FixSettings) -> LogonRefusal:
    """With a Logout (35=5) for a client that has no session: nobody's number may be spent on it, so it is 34=1."""
    begin_string, comp_id, target_comp_id = session
    encoder = Encoder(begin_string, target_comp_id, comp_id)
    text = f"58={printable(reason)}{SOH}"
    reply = encoder.encode("5", 1, format_utc(now_ns, settings.timestamp_digits), text)
    return LogonRefusal(reason, reply, session)


def _wrong(message: Message, now_ns: int, settings: FixSettings) -> str:
    """What stands against a Logon; empty if nothing does. The texts name the tag and the value."""
    fields = message.fields
    if message.fault is not None:
        return f"{message.fault.text}, tag {message.fault.tag}" if message.fault.tag else message.fault.text
    number = read_int(fields.get("34"))
    if not number:
        return f"MsgSeqNum (34) is missing or incorrect: {fields.get('34', '')!r}"
    time_text = sending_time_fault(fields.get("52"), now_ns, settings)
    if time_text:
        return time_text
    if fields.get("98") != "0":
        return f"EncryptMethod (98) must be 0: {fields.get('98', '')!r}"
    interval = read_int(fields.get("108"))
    if interval is None or interval > settings.heartbeat_interval_max_s:
        return f"HeartBtInt (108) must be 0 to {settings.heartbeat_interval_max_s}: {fields.get('108', '')!r}"
    if fields.get("141", "N") not in ("Y", "N"):
        return f"ResetSeqNumFlag (141) must be Y or N: {fields['141']!r}"
    if read_int(fields.get("789", "0")) is None:
        return f"NextExpectedMsgSeqNum (789) is incorrect: {fields['789']!r}"
    if fields.get("141") == "Y" and number != 1:
        return f"with ResetSeqNumFlag (141) Y, MsgSeqNum (34) must be 1: {number}"
    return ""


def sending_time_fault(text: str | None, now_ns: int, settings: FixSettings) -> str:
    """What is wrong with a SendingTime (52); empty if nothing is."""
    if text is None:
        return "SendingTime (52) is missing"
    try:
        seconds = check_utc(text)
    except ValueError:
        return "SendingTime (52) is no UTCTimestamp"
    accuracy = settings.sending_time_accuracy_s
    if accuracy and abs(now_ns // SECOND_NS - seconds) > accuracy:
        return f"SendingTime accuracy problem: more than {accuracy} s from the venue's clock"
    return ""
