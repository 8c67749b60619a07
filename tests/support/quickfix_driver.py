# ruff: noqa: N802
"""QuickFIX as brokers run it, driven over a pipe: a program for an interpreter that has PyPI's ``quickfix``.

    python quickfix_driver.py DIRECTORY [DICTIONARIES]

Its own dictionaries (FIX42.xml, FIX44.xml, FIXT11.xml and FIX50SP2.xml), or those whose names begin with the path
DICTIONARIES; validation fully on, default settings but for what ``start`` is told; stores and logs are files under
DIRECTORY. One JSON object a line comes in, one a line goes out:

``{"do": "start", "session": "FIX.4.4/BROKER1", "port": 9878, "settings": {}, "logon": [[554, "demo"]]}``
    a SocketInitiator with that one session, over TLS if the settings say SSL…; ``logon`` is added to its Logons.
``{"do": "stop", "session": …, "force": false}``
    logs out and ends the initiator; with ``force`` the connection is dropped without a Logout.
``{"do": "send", "session": …, "type": "D", "fields": [[11, "C1"], …], "groups": [[146, [[[55, "AAPL"]], …]], …]}``
    a group's fields in the dictionary's order; in the place of a value may stand a nested group's entries.
``{"do": "numbers", "session": …, "out": 5, "in": 7}``
    what it sends and expects next, as if the rest had been lost; without ``out`` and ``in`` it only tells.

Each is answered by ``{"done": …, "out": N, "in": N}``. In between comes ``{"session": …, "event": E, "message": M}``:
E is ``logon``, ``logout``, ``admin`` (a session message came) or ``app`` (an application message came), M its text with
``|`` for SOH.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

import quickfix as fix

TARGET = "TRADEENGINE"
Groups = list[tuple[int, list[list[tuple[int, Any]]]]]
"""Each group's count tag and its entries."""
DICTIONARIES = sysconfig.get_path("data") + "/share/quickfix/"
_DEFAULTS = {
    "ConnectionType": "initiator",
    "StartTime": "00:00:00",
    "EndTime": "00:00:00",
    "HeartBtInt": "30",
    "LogonTimeout": "60",
    "LogoutTimeout": "60",
    "ReconnectInterval": "1",
    "UseDataDictionary": "Y",
    "SocketConnectHost": "127.0.0.1",
}
_output = threading.Lock()


def tell(**what: object) -> None:
    with _output:
        print(json.dumps(what), flush=True)


class Application(fix.Application):  # type: ignore[misc]
    """Tells what QuickFIX has taken as valid; what it has not is in its event log."""

    def __init__(self, name: str, logon: list[tuple[int, str]]) -> None:
        super().__init__()
        self._name = name
        self._logon = logon

    def onCreate(self, session_id: fix.SessionID) -> None:
        pass

    def onLogon(self, session_id: fix.SessionID) -> None:
        tell(session=self._name, event="logon", message="")

    def onLogout(self, session_id: fix.SessionID) -> None:
        tell(session=self._name, event="logout", message="")

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        msg_type = fix.MsgType()
        message.getHeader().getField(msg_type)
        if msg_type.getValue() == fix.MsgType_Logon:
            for tag, value in self._logon:
                message.setField(fix.StringField(tag, value))

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self._came("admin", message)

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        pass

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self._came("app", message)

    def _came(self, event: str, message: fix.Message) -> None:
        tell(session=self._name, event=event, message=message.toString().replace("\x01", "|"))


class Broker:
    """One session's initiator; a stopped one is started again on the same store."""

    def __init__(self, directory: Path, dictionaries: str, name: str) -> None:
        self.name = name
        self._directory = directory
        self._dictionaries = dictionaries
        self._begin_string, self._comp_id = name.split("/")
        self._id = fix.SessionID(self._begin_string, self._comp_id, TARGET)
        self._initiator: fix.SocketInitiator = None
        self._alive: tuple[object, ...] = ()
        """What must live as long as the initiator."""

    def start(self, port: int, settings: dict[str, str], logon: list[tuple[int, str]]) -> None:
        self._initiator = None
        lines = _DEFAULTS | {
            "FileStorePath": str(self._directory / "store"),
            "FileLogPath": str(self._directory / "log"),
            "SocketConnectPort": str(port),
        }
        if self._begin_string == "FIXT.1.1":
            lines["DefaultApplVerID"] = "FIX.5.0SP2"
            lines["TransportDataDictionary"] = f"{self._dictionaries}FIXT11.xml"
            lines["AppDataDictionary"] = f"{self._dictionaries}FIX50SP2.xml"
        else:
            lines["DataDictionary"] = f"{self._dictionaries}{self._begin_string.replace('.', '')}.xml"
        session = {"BeginString": self._begin_string, "SenderCompID": self._comp_id, "TargetCompID": TARGET}
        path = self._directory / f"{self._begin_string}-{self._comp_id}.cfg"
        sections = (("DEFAULT", lines | settings), ("SESSION", session))
        path.write_text(
            "".join(f"[{name}]\n" + "".join(f"{k}={v}\n" for k, v in part.items()) for name, part in sections)
        )
        told = fix.SessionSettings(str(path))
        application = Application(self.name, logon)
        stores, logs = fix.FileStoreFactory(told), fix.FileLogFactory(told)
        kind = fix.SSLSocketInitiator if any(name.startswith("SSL") for name in settings) else fix.SocketInitiator
        initiator = kind(application, stores, told, logs)
        self._initiator = initiator
        self._alive = (application, stores, logs, told)
        initiator.start()

    def stop(self, force: bool) -> None:
        self._initiator.stop(force)

    def send(self, msg_type: str, fields: list[tuple[int, str]], groups: Groups) -> None:
        message = fix.Message()
        message.getHeader().setField(fix.MsgType(msg_type))
        for tag, value in fields:
            message.setField(fix.StringField(tag, value))
        _add_groups(message, groups)
        fix.Session.sendToTarget(message, self._id)

    def numbers(self, out: int = 0, expected: int = 0) -> tuple[int, int]:
        session = fix.Session.lookupSession(self._id)
        if out:
            session.setNextSenderMsgSeqNum(out)
        if expected:
            session.setNextTargetMsgSeqNum(expected)
        return session.getExpectedSenderNum(), session.getExpectedTargetNum()


def _add_groups(owner: fix.FieldMap, groups: Groups) -> None:
    for count_tag, entries in groups:
        order = _merged([[tag for tag, _ in entry] for entry in entries])
        wanted = fix.IntArray(len(order) + 1)
        for place, tag in enumerate([*order, 0]):
            wanted[place] = tag
        for entry in entries:
            group = fix.Group(count_tag, order[0], wanted)
            for tag, value in entry:
                if isinstance(value, str):
                    group.setField(fix.StringField(tag, value))
                else:
                    _add_groups(group, [(tag, value)])
            owner.addGroup(group)


def _merged(rows: list[list[int]]) -> list[int]:
    """Every tag once, in an order that agrees with each row's."""
    order: list[int] = []
    for row in rows:
        at = len(order)
        for tag in reversed(row):
            if tag in order:
                at = order.index(tag)
            else:
                order.insert(at, tag)
    return order


def main() -> None:
    directory = Path(sys.argv[1])
    dictionaries = sys.argv[2] if len(sys.argv) > 2 else DICTIONARIES
    brokers: dict[str, Broker] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked["session"]
        broker = brokers.setdefault(name, Broker(directory, dictionaries, name))
        if asked["do"] == "start":
            broker.start(asked["port"], asked["settings"], asked["logon"])
        elif asked["do"] == "stop":
            broker.stop(asked["force"])
        elif asked["do"] == "send":
            broker.send(asked["type"], asked["fields"], asked["groups"])
        out, expected = broker.numbers(asked.get("out", 0), asked.get("in", 0))
        tell(done=asked["do"], out=out, **{"in": expected})
    # Its logs are written through; an initiator that is stopped in order takes a second.
    os._exit(0)


if __name__ == "__main__":
    main()
