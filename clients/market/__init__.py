"""The clients of the market data port: local books, proven right by the venue's checksums, and what is traded."""

from clients.market.book import LocalBook, RestingOrder
from clients.market.client import MarketData
from clients.market.events import (
    AuctionOver,
    BookChanged,
    DayEnded,
    DayStatistics,
    Indicative,
    Listed,
    MarketEvent,
    Resynchronising,
    StatusChanged,
    StreamEvent,
    Trade,
    TradeBust,
    TradeCorrection,
)
from clients.market.feed import CONFLATED, LEVELS, ORDERS
from clients.market.multicast import Fanout, MoldMarketData
from clients.market.sync import SyncMarketData

__all__ = [
    "CONFLATED",
    "LEVELS",
    "ORDERS",
    "AuctionOver",
    "BookChanged",
    "DayEnded",
    "DayStatistics",
    "Fanout",
    "Indicative",
    "Listed",
    "LocalBook",
    "MarketData",
    "MarketEvent",
    "MoldMarketData",
    "RestingOrder",
    "Resynchronising",
    "StatusChanged",
    "StreamEvent",
    "SyncMarketData",
    "Trade",
    "TradeBust",
    "TradeCorrection",
]
