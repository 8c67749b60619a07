"""The first message of a connection: what a Logon (35=A) must say before anybody is asked whether it is welcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.session_profile import UnknownTags
from gateways.fix.codec import SOH, Encoder, Message, parse, printable
from gateways.fix.dialect import DIALECTS, Dialect
from gateways.fix.numbers import read_int
from gateways.fix.signing import signed_logon
from gateways.fix.times import SECOND_NS, check_utc, format_utc
from gateways.fix.validation import validator_for

if TYPE_CHECKING:
    from actors.signatures import SignedLogon
    from gateways.fix.codec import Fault
    from gateways.fix.refused import SessionKey
    from gateways.fix.settings import FixSettings


APPL_VER_ID = {"FIXT.1.1": "9"}
"""Where the application's version is not the session's: ApplVerID (1128) and DefaultApplVerID (1137) of FIX 5.0 SP2."""
ACCURACY = "SendingTime accuracy problem"
_NOT_REAL = {"Y": "this is no test system", "N": "this is a test system"}
"""What TestMessageIndicator (464) may not say, and why."""


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
    echo: str
    """Ready fields of the reply beyond 98, 108, 141 and 789: they answer what the Logon says."""
    signed: SignedLogon | None = None
    """What RawData (96) signs."""

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
        echo=_echo(fields, settings),
        signed=signed_logon(fields),
    )


def _echo(fields: dict[str, str], settings: FixSettings) -> str:
    """MaxMessageSize (383) is told who tells his own; 464 and 1137 are repeated."""
    echo = f"383={settings.message_size_max}\x01" if "383" in fields else ""
    for tag in ("464", "1137"):
        if tag in fields:
            echo += f"{tag}={fields[tag]}\x01"
    return echo


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
        return _text_of(message.fault)
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
    return _wrong_choice(message, number, settings)


def _wrong_choice(message: Message, number: int, settings: FixSettings) -> str:
    """The same for what a Logon may leave out, for the application's version, and for all else that the dictionary
    says; a field that it does not define keeps nobody out."""
    fields = message.fields
    version = APPL_VER_ID.get(fields["8"])
    if version is not None and fields.get("1137") != version:
        return f"DefaultApplVerID (1137) must be {version}: {fields.get('1137', '')!r}"
    if fields.get("141", "N") not in ("Y", "N"):
        return f"ResetSeqNumFlag (141) must be Y or N: {fields['141']!r}"
    if fields.get("141") == "Y" and number != 1:
        return f"with ResetSeqNumFlag (141) Y, MsgSeqNum (34) must be 1: {number}"
    if "789" in fields and not read_int(fields["789"]):
        return f"NextExpectedMsgSeqNum (789) is incorrect: {fields['789']!r}"
    if read_int(fields.get("383", "0")) is None:
        return f"MaxMessageSize (383) is incorrect: {fields['383']!r}"
    test = fields.get("464", "Y" if settings.test_system else "N")
    if test not in _NOT_REAL:
        return f"TestMessageIndicator (464) must be Y or N: {test!r}"
    if (test == "Y") is not settings.test_system:
        return f"TestMessageIndicator (464) is {test}, and {_NOT_REAL[test]}"
    fault = validator_for(fields["8"], UnknownTags.PASS).check(message)
    return _text_of(fault) if fault is not None else ""


def _text_of(fault: Fault) -> str:
    return f"{fault.text}, tag {fault.tag}" if fault.tag else fault.text


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
        return f"{ACCURACY}: more than {accuracy} s from the venue's clock"
    return ""
