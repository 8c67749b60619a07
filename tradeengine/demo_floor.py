"""The demonstration's trading floor: its participants at their links, and the picture of what they do."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping

import trio

from clients import Book, Client
from config.settings import Settings
from engine.types import SCALE
from tradeengine.demo_fix import fix_link
from tradeengine.demo_links import Address, BinaryLink, Link, binary_link
from tradeengine.demo_market import Market
from tradeengine.demo_participant import Participant
from tradeengine.demo_stats import HISTORY_STEP_S, Ladder, LadderLevel, Latencies, Picture, Quote, Rate, Row, Tape
from tradeengine.demo_strategies import Amender, Maker, Strategy, Taker

_MARKET_STEP_S = 0.1
_STEPS_PER_SAMPLE = round(HISTORY_STEP_S / _MARKET_STEP_S)
_PASSWORD = "demo"  # noqa: S105
_HOST = "127.0.0.1"

_CAST: tuple[tuple[str, type[Maker] | type[Taker] | type[Amender], float], ...] = (
    ("TRADR1", Maker, 0.19),
    ("TRADR2", Maker, 0.19),
    ("BROKER1", Maker, 0.19),
    ("TRADR3", Taker, 0.09),
    ("BROKER2", Taker, 0.09),
    ("BROKER4", Taker, 0.06),
    ("TRADR4", Amender, 0.10),
    ("BROKER3", Amender, 0.09),
)
"""Who plays which part, and which share of all requests is theirs. Brokers come by FIX."""


class Floor:
    """Eight participants in one make-believe market. All of it runs in :meth:`run`."""

    def __init__(self, settings: Settings, seed: int, rate: int) -> None:
        """``settings`` are the venue's; ``rate`` is requests a second, of all participants together."""
        self.rate = rate
        self.tape = Tape()
        self.market = Market(settings.instruments, seed)
        self.participants: list[Participant] = []
        self._target = settings.fix.comp_id
        self._client: Client | None = None
        self._started_s = 0.0
        self._sent_rate, self._trade_rate = Rate(), Rate()
        for number, (name, part, share) in enumerate(_CAST, 1):
            strategy: Strategy = part(self.market, seed * 1000 + number)
            self.participants.append(Participant(name, strategy, share, self.tape))

    @property
    def symbols(self) -> list[str]:
        return list(self.market.listings)

    def refusals(self) -> dict[str, int]:
        """How often the venue gave which reason."""
        counted: Counter[str] = Counter()
        for participant in self.participants:
            counted.update(participant.refusals)
        return dict(counted)

    async def run(
        self, ports: Mapping[str, int], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Trade until cancelled; started once everybody is logged in.

        Raises an exception group of ``clients.ClientError`` where a participant could not log in or was cut off.
        """
        async with trio.open_nursery() as nursery:
            open_for_trading = trio.Event()
            for participant in self.participants:
                await nursery.start(self._participate, participant, ports, open_for_trading)
            self._started_s = trio.current_time()
            open_for_trading.set()
            task_status.started()
            for step in itertools.count():
                self.market.step()
                if not step % _STEPS_PER_SAMPLE:
                    self.tape.sample()
                await trio.sleep(_MARKET_STEP_S)

    async def _participate(
        self,
        participant: Participant,
        ports: Mapping[str, int],
        open_for_trading: trio.Event,
        *,
        task_status: trio.TaskStatus[None],
    ) -> None:
        async def trade(link: Link) -> None:
            task_status.started()
            await open_for_trading.wait()
            await participant.run(link, lambda: self.rate)

        if participant.name.startswith("BROKER"):
            address = Address(_HOST, ports["fix"], participant.name, _PASSWORD)
            async with fix_link(address, self._target) as fix:
                await trade(fix)
        else:
            address = Address(_HOST, ports["binary"], participant.name, _PASSWORD)
            async with binary_link(address) as binary:
                self._lend_client(binary)
                await trade(binary)

    def _lend_client(self, link: BinaryLink) -> None:
        """Books are asked for by one of the traders, as anybody could."""
        if self._client is None:
            self._client = link.client

    # ---- the picture ----------------------------------------------------------------------------------------------

    async def picture(self, symbol: str, levels: int) -> Picture:
        """Everything at this moment, with ``levels`` of the book of ``symbol``. Raises ``clients.ClientError``."""
        assert self._client is not None
        return self._picture(await self._client.book(symbol, levels), symbol)

    def _picture(self, book: Book, symbol: str) -> Picture:
        now_s = trio.current_time()
        rows = [participant.row(now_s) for participant in self.participants]
        total = self._total(rows, now_s)
        trades = sum(participant.counters.taken for participant in self.participants)
        return Picture(
            elapsed_s=now_s - self._started_s,
            trades=trades,
            trades_per_s=self._trade_rate.sample(now_s, trades),
            rate_wanted=self.rate,
            ladder=self._ladder(book, symbol),
            quotes=self._quotes(),
            prints=self.tape.prints(symbol),
            history=self.tape.history(symbol),
            rows=rows,
            total=total,
        )

    def _ladder(self, book: Book, symbol: str) -> Ladder:
        listed = self.market.listings[symbol]
        bids, offers = (
            [LadderLevel(int(level.price * SCALE), int(level.qty * SCALE), level.orders) for level in side]
            for side in (book.bids, book.offers)
        )
        return Ladder(symbol, listed.tick, listed.step, bids, offers, book.sequence)

    def _quotes(self) -> list[Quote]:
        return [
            Quote(symbol, listed.tick, self.tape.last(symbol) or listed.start_px, listed.start_px)
            for symbol, listed in self.market.listings.items()
        ]

    def _total(self, rows: list[Row], now_s: float) -> Row:
        latencies = Latencies()
        for participant in self.participants:
            latencies.merge(participant.latencies)
        sent = sum(row.sent for row in rows)
        return Row(
            name="all",
            protocol="",
            role="",
            open_orders=sum(row.open_orders for row in rows),
            sent=sent,
            fills=sum(row.fills for row in rows),
            refused=sum(row.refused for row in rows),
            sent_per_s=self._sent_rate.sample(now_s, sent),
            fills_per_s=sum(row.fills_per_s for row in rows),
            p50_ns=latencies.quantile(0.5),
            p99_ns=latencies.quantile(0.99),
        )
