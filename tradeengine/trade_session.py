"""One request over a connection of its own."""

from __future__ import annotations

import signal
import time

import msgspec
import trio
from rich.console import Console

from clients import Client, ClientError
from tradeengine.trade_desk import DONE, FAILED, Desk, Voice
from tradeengine.trade_words import Request, Watch

NEW_ONLY = 0
"""A first report number that means: none of those that have been."""


class Login(msgspec.Struct, frozen=True):
    """Where the venue is and who trades. The password stays out of ``repr``."""

    host: str
    port: int
    user: str
    password: str

    def client(self, next_number: int) -> Client:
        """Not connected yet. ClOrdIDs count from the time in microseconds, so that no two invocations share any."""
        first = time.time_ns() // 1000
        return Client(self.host, self.port, self.user, self.password, next_number=next_number, first_cl_ord_id=first)

    def __repr__(self) -> str:
        return f"Login({self.user} at {self.host}:{self.port})"


def console(*, stderr: bool = False) -> Console:
    """Colours and the window's width in a terminal; plain, and as wide as it takes, for files and pipes."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, soft_wrap=True, width=200)


def run_once(login: Login, request: Request) -> int:
    """Connect, do what is asked, disconnect: ``DONE``, ``REJECTED`` or ``FAILED``.

    ``watch`` follows reports until Ctrl-C, which is how it is done.
    """
    return trio.run(_until_interrupted, login, request, Voice(console(), console(stderr=True)))


async def _until_interrupted(login: Login, request: Request, voice: Voice) -> int:
    status = DONE if isinstance(request, Watch) else FAILED
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:

            async def stop_on_signal() -> None:
                await anext(signals)
                nursery.cancel_scope.cancel()

            nursery.start_soon(stop_on_signal)
            status = await _connected(login, request, voice)
            nursery.cancel_scope.cancel()
    return status


async def _connected(login: Login, request: Request, voice: Voice) -> int:
    try:
        async with login.client(request.number if isinstance(request, Watch) else NEW_ONLY) as client:
            desk = Desk(client, voice)
            if isinstance(request, Watch):
                await desk.follow()
                return FAILED
            async with trio.open_nursery() as nursery:
                nursery.start_soon(desk.follow)
                status = await desk.execute(request)
                nursery.cancel_scope.cancel()
            return status
    except (ClientError, ValueError) as error:
        voice.complain(f"{login.user} at {login.host}:{login.port}: {error}")
        return FAILED
