"""Checksums by which whoever follows the market knows that its book is the venue's.

CRC-32 (ISO-HDLC, the one of zlib and Ethernet) over little-endian integers without padding. Order by order:

- of a price level: (OrderID u64, displayed quantity u64) of each order, in priority order;
- of the book: (price i64, side u8, the level's checksum u32) of each level, bids first, best price first.

So a level is computed again only when it has changed. By price: (price i64, side u8, quantity u64, orders u32) of each
level, in the same order, a quantity beyond 64 bits as the largest that fits. A side is 1 for bids and 2 for offers. An
empty book's checksum is 0.
"""

from __future__ import annotations

from itertools import chain
from struct import Struct, pack
from typing import Final
from zlib import crc32

from engine.market_data.levels import Levels
from engine.market_data.orders import DisplayedLevel, DisplayedOrders
from engine.types import Side

_LEVEL: Final = Struct("<qBI")
_PRICE: Final = Struct("<qBQI")
_U64_MAX: Final = 2**64 - 1


def orders_checksum(orders: DisplayedOrders) -> int:
    """Of a book order by order."""
    levels = chain(orders.levels(Side.BUY), orders.levels(Side.SELL))
    return crc32(b"".join([_LEVEL.pack(level.px, level.side, _of_level(level)) for level in levels]))


def levels_checksum(levels: Levels) -> int:
    """Of a book by price."""
    rows = chain(((1, level) for level in levels.bids), ((2, level) for level in levels.asks))
    return crc32(
        b"".join([_PRICE.pack(level.px, side, min(level.qty, _U64_MAX), level.orders) for side, level in rows])
    )


def _of_level(level: DisplayedLevel) -> int:
    checksum = level.checksum
    if checksum is None:
        orders = level.orders
        checksum = level.checksum = crc32(pack(f"<{2 * len(orders)}Q", *chain.from_iterable(orders.items())))
    return checksum
