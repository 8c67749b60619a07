"""The benchmarks' venue inside this process, with all its actors and without ports."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
import trio

from actors.port import SessionPort
from benchmarks.servers import CONFIG, PASSWORD
from config.loader import load
from config.settings import Settings
from engine.commands import ClientCommand
from engine.queries import Answer
from engine.reports import Report
from gateways.binary.acceptor import BinaryAcceptor
from gateways.binary.market.acceptor import MarketAcceptor
from gateways.binary.settings import BinarySettings
from gateways.fix.acceptor import FixAcceptor
from gateways.fix.settings import FixSettings
from stores.journal.log import silent
from tradeengine.edge import Acceptor
from tradeengine.market_feed import MarketFeedMember
from tradeengine.recovery import recover
from tradeengine.venue import Venue

MARKET_DATA = "market-data"
"""The name of the port."""
_SWITCH_INTERVAL_S = 0.0001
_GC_THRESHOLDS = (50_000, 20, 50)


def settings_in(directory: Path, durability: str) -> Settings:
    """The benchmarks' configuration, with its journal under ``directory``."""
    return load(CONFIG, {}, {"data_dir": str(directory), "journal.durability": durability})


@asynccontextmanager
async def running_venue(settings: Settings) -> AsyncIterator[Venue]:
    """A venue with the process's switches as :mod:`tradeengine.app` sets them; stopped gracefully."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    venue = Venue(settings, recover(settings, silent))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    async with venue.running([]):
        yield venue


class _Silent:
    """A connection that reads what it is sent, and forgets it."""

    def deliver(self, reports: list[Report]) -> None:
        """See :class:`actors.port.Connection`."""

    def answer(self, answer: Answer) -> None:
        """See :class:`actors.port.Connection`."""

    def disconnect(self, reason: str) -> None:
        """See :class:`actors.port.Connection`."""


async def log_in(venue: Venue, user: str) -> SessionPort:
    """The port of a binary session, BUYER or SELLER, with nobody behind it."""
    return await venue.door.admit(
        protocol="SOUPBIN",
        comp_id=user,
        target_comp_id="",
        username=user,
        password=PASSWORD,
        connection=_Silent(),
        remote="in process",
    )


async def submit_all(port: SessionPort, commands: list[ClientCommand], turn: int) -> None:
    """Submit ``turn`` commands at a time, as reads of a socket would bring them, as credit allows."""
    for at in range(0, len(commands), turn):
        batch = commands[at : at + turn]
        while port.credit < len(batch):
            await trio.lowlevel.checkpoint()
        port.submit(batch)
        await trio.lowlevel.checkpoint()


@asynccontextmanager
async def open_ports(venue: Venue) -> AsyncIterator[dict[str, int]]:
    """Its FIX, binary and market data acceptors on free ports of this machine."""
    fix = FixAcceptor(venue.door, FixSettings(), time.time_ns)
    binary = BinaryAcceptor(venue.door, BinarySettings())
    told = MarketFeedMember(venue, venue.settings)
    market_data = MarketAcceptor(venue.door, told.feed, BinarySettings())
    acceptors: list[tuple[str, Acceptor]] = [("fix", fix), ("binary", binary), (MARKET_DATA, market_data)]
    ports: dict[str, int] = {}
    async with venue.supervisor("market data port", [told.spec()]).running(), trio.open_nursery() as nursery:
        for name, acceptor in acceptors:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            ports[name] = listeners[0].socket.getsockname()[1]
            nursery.start_soon(_serve, acceptor, listeners)
        yield ports
        nursery.cancel_scope.cancel()


async def _serve(acceptor: Acceptor, listeners: list[trio.SocketListener]) -> None:
    await acceptor.serve(listeners, task_status=trio.TASK_STATUS_IGNORED)
