"""QuickFIX as an acceptor that accepts every order, and does nothing else: a peer, run by the Python that has it.

    python quickfix_acceptor.py LIBRARY|-

Two FIX.4.4 sessions, BUYER and SELLER, in memory, without logs. With LIBRARY, ``quickfix_acceptor.cpp`` as compiled,
no Python takes part once it runs; with ``-`` each order calls Python, as QuickFIX's Python package does. Prints its
port, ends on SIGTERM.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import sysconfig
import tempfile
from pathlib import Path

# The library finds QuickFIX's C++ in the package's extension module, if that lets it be found.
sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)
import quickfix as fix  # noqa: E402

_DICTIONARY = Path(sysconfig.get_path("data")) / "share" / "quickfix" / "FIX44.xml"
_SESSIONS = ("BUYER", "SELLER")


def settings(port: int) -> str:
    """QuickFIX's defaults, its dictionary's checks included, but for the clock: orders are encoded beforehand."""
    default = {
        "ConnectionType": "acceptor", "SocketAcceptPort": port, "SocketReuseAddress": "Y", "SocketNodelay": "Y",
        "StartTime": "00:00:00", "EndTime": "00:00:00", "BeginString": "FIX.4.4", "SenderCompID": "TRADEENGINE",
        "UseDataDictionary": "Y", "DataDictionary": _DICTIONARY, "CheckLatency": "N", "ResetOnLogon": "Y",
    }  # fmt: skip
    lines = ["[DEFAULT]", *(f"{key}={value}" for key, value in default.items())]
    for name in _SESSIONS:
        lines += ["[SESSION]", f"TargetCompID={name}"]
    return "\n".join(lines) + "\n"


class Acknowledging(fix.Application):  # type: ignore[misc]
    """Answers each NewOrderSingle with an ExecutionReport that it is new."""

    def __init__(self) -> None:
        super().__init__()
        self._orders = 0

    def onCreate(self, session_id: fix.SessionID) -> None: ...  # noqa: N802
    def onLogon(self, session_id: fix.SessionID) -> None: ...  # noqa: N802
    def onLogout(self, session_id: fix.SessionID) -> None: ...  # noqa: N802
    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None: ...  # noqa: N802
    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None: ...  # noqa: N802
    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None: ...  # noqa: N802

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:  # noqa: N802
        self._orders += 1
        report = fix.Message()
        report.getHeader().setField(fix.StringField(35, "8"))
        for tag in (11, 38, 44, 54, 55, 60):
            report.setField(fix.StringField(tag, message.getField(tag)))
        number = str(self._orders)
        for tag, value in ((37, number), (17, number), (150, "0"), (39, "0"), (14, "0"), (6, "0")):
            report.setField(fix.StringField(tag, value))
        report.setField(fix.StringField(151, message.getField(38)))
        fix.Session.sendToTarget(report, session_id)


def serve(text: str, port: int) -> None:
    """Until the process ends."""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(text)
        file.flush()
        told = fix.SessionSettings(file.name)
    application, stores = Acknowledging(), fix.MemoryStoreFactory()
    acceptor = fix.SocketAcceptor(application, stores, told)
    acceptor.start()
    print(port, flush=True)
    signal.pause()


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if sys.argv[1] == "-":
        serve(settings(port), port)
    else:
        sys.exit(ctypes.CDLL(sys.argv[1]).serve(settings(port).encode(), port))


if __name__ == "__main__":
    main()
