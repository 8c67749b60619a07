"""The market data port's place in the venue: the actor that makes the streams, and what becomes of it when it fails."""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from actors.runtime import Actor, ChildExit, ChildSpec, Mailbox
from config.settings import Settings
from engine.market_data.updates import MarketMessage
from gateways.binary.market.feed import MarketFeed, MarketFeedActor
from tradeengine.wiring import Wiring

log = structlog.get_logger("market_feed")

_ANEW = "market data begins anew: log in again"


class MarketFeedMember:
    """One feed for all who listen. Its failure ends their streams, and nothing else."""

    def __init__(self, venue: Wiring, settings: Settings) -> None:
        self._mail: Mailbox[MarketMessage] = venue.dispatcher.mailbox("market feed", settings.limits.mailbox_depth_max)
        self._started = False
        self.feed = MarketFeed(
            venue.market_data_mail.tell,
            self._mail.tell,
            venue.clock_ns,
            settings.binary.market_data_replay_bytes,
            settings.market_data.checksum_every,
            lambda: venue.directory.instruments,
        )

    def spec(self) -> ChildSpec[MarketMessage]:
        return ChildSpec(
            name="market-feed",
            start=self._start,
            mailbox=self._mail,
            on_exit=self._on_exit,
            on_exhausted=self._lost,
        )

    async def _start(self) -> Actor[MarketMessage]:
        if self._started:
            self.feed.renew(_ANEW)
        self._started = True
        return MarketFeedActor(self.feed)

    def _on_exit(self, ended: ChildExit) -> None:
        log.error("market_feed_crashed", exc_info=ended.error)

    async def _lost(self) -> Actor[MarketMessage]:
        log.error("market_feed_lost")
        self.feed.renew("market data has failed")
        return _Silent()


class _Silent(Actor[MarketMessage]):
    """Stands in for a feed that has crashed too often."""

    def on_batch(self, batch: Iterator[MarketMessage]) -> None:
        for _ in batch:
            pass
