"""What the demonstration counts: requests, trades, round trips; and the picture of it at one moment. Pure."""

from __future__ import annotations

from collections import deque

import msgspec

from engine.types import Px, Qty, Side

_SUB_BITS = 5
"""Buckets are a 32nd of a power of two: 3 % wide."""
_TAPE_LENGTH = 64
"""Trades kept of each symbol."""
_HISTORY_LENGTH = 256
_RATE_WINDOW_S = 2.0
HISTORY_STEP_S = 1.0
"""Seconds between the prices that the chart shows."""


class Latencies:
    """A histogram of durations in nanoseconds with a resolution of 3 %."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0

    def add(self, duration_ns: int) -> None:
        shift = max(duration_ns.bit_length() - _SUB_BITS - 1, 0)
        bucket = shift << (_SUB_BITS + 1) | duration_ns >> shift
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.count += 1

    def merge(self, other: Latencies) -> None:
        for bucket, count in other._counts.items():
            self._counts[bucket] = self._counts.get(bucket, 0) + count
        self.count += other.count

    def quantile(self, fraction: float) -> int:
        """Nanoseconds that ``fraction`` (0 to 1) of the durations do not exceed, to the resolution; 0 without any."""
        left = fraction * self.count
        for bucket in sorted(self._counts):
            left -= self._counts[bucket]
            if left <= 0:
                return (bucket & (1 << (_SUB_BITS + 1)) - 1) << (bucket >> (_SUB_BITS + 1))
        return 0


class Counters(msgspec.Struct):
    """One participant's. A trade counts for both of its sides; ``taken`` for the one that came second."""

    sent: int = 0
    fills: int = 0
    taken: int = 0
    refused: int = 0


class Rate:
    """Events a second over the last two seconds or so."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, now_s: float, total: int) -> float:
        """The rate, now that ``total`` events have been counted at ``now_s``."""
        samples = self._samples
        samples.append((now_s, total))
        while len(samples) > 2 and now_s - samples[1][0] >= _RATE_WINDOW_S:
            samples.popleft()
        since_s, before = samples[0]
        return (total - before) / (now_s - since_s) if now_s > since_s else 0.0


class Print(msgspec.Struct, frozen=True):
    """A trade as the tape shows it; ``side`` is that of the order that came second."""

    time_ns: int
    symbol: str
    side: Side
    px: Px
    qty: Qty
    taker: str


class Tape:
    """Each symbol's last trades, newest first, and its last price from time to time."""

    def __init__(self) -> None:
        self._prints: dict[str, deque[Print]] = {}
        self._history: dict[str, deque[Px]] = {}

    def add(self, trade: Print) -> None:
        prints = self._prints.get(trade.symbol)
        if prints is None:
            prints = self._prints[trade.symbol] = deque(maxlen=_TAPE_LENGTH)
            self._history[trade.symbol] = deque(maxlen=_HISTORY_LENGTH)
        prints.appendleft(trade)

    def prints(self, symbol: str) -> list[Print]:
        return list(self._prints.get(symbol, ()))

    def last(self, symbol: str) -> Px | None:
        """None before the first trade."""
        prints = self._prints.get(symbol)
        return prints[0].px if prints else None

    def sample(self) -> None:
        """Remember every symbol's last price as that of now."""
        for symbol, prints in self._prints.items():
            self._history[symbol].append(prints[0].px)

    def history(self, symbol: str) -> list[Px]:
        """What :meth:`sample` has remembered, oldest first."""
        return list(self._history.get(symbol, ()))


# ---- the picture --------------------------------------------------------------------------------------------------


class Row(msgspec.Struct, frozen=True):
    """One participant, or all of them."""

    name: str
    protocol: str
    role: str
    open_orders: int
    sent: int
    fills: int
    refused: int
    sent_per_s: float
    fills_per_s: float
    p50_ns: int
    p99_ns: int


class LadderLevel(msgspec.Struct, frozen=True):
    px: Px
    qty: Qty
    orders: int


class Ladder(msgspec.Struct, frozen=True):
    """One symbol's book, best levels first, as of the journal's ``sequence``."""

    symbol: str
    tick: Px
    step: Qty
    bids: list[LadderLevel]
    offers: list[LadderLevel]
    sequence: int


class Quote(msgspec.Struct, frozen=True):
    """A symbol's last price, and the price it is compared with."""

    symbol: str
    tick: Px
    last: Px
    start: Px


class Picture(msgspec.Struct, frozen=True):
    """All that the screen shows at one moment."""

    elapsed_s: float
    trades: int
    trades_per_s: float
    rate_wanted: int
    ladder: Ladder
    quotes: list[Quote]
    prints: list[Print]
    """Of the ladder's symbol, newest first."""
    history: list[Px]
    """Of the ladder's symbol, oldest first, ``HISTORY_STEP_S`` apart."""
    rows: list[Row]
    total: Row
