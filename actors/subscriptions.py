"""What of market data one connection listens to: asked of the market data actor, gathered for the port's turn.

Everything ends with the connection. A rebuilt port has its own, so what its predecessor had asked for never comes to
the connection after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from actors.market_data import Subscribe, ToMarketData, Unsubscribe
from actors.messages import MARKET_ARRIVED, ToPort
from actors.runtime import Mailbox
from engine.market_data.updates import Channel, Listen, MarketMessage

MarketListener: TypeAlias = Callable[[list[MarketMessage]], object]
"""Takes everything that has come since it was told last, in order. Neither waits nor raises."""


class MarketSubscriptions:
    """Belongs to one port. ``listener`` is the connection's; without one nothing is kept."""

    def __init__(self, port: Mailbox[ToPort], market_data: Mailbox[ToMarketData]) -> None:
        self.listener: MarketListener | None = None
        self._port = port
        self._market_data = market_data
        self._open: dict[int, set[Channel]] = {}
        self._arrived: list[MarketMessage] = []

    def carry_out(self, wish: Listen) -> None:
        """Begin, or end. Begun again, the snapshots come again; what is ended may still come for a while."""
        open_channels = self._open.setdefault(wish.symbol_id, set())
        if wish.begin:
            open_channels.update(wish.channels)
            self._market_data.tell(Subscribe(wish.symbol_id, wish.channels, self._arrive))
        else:
            open_channels.difference_update(wish.channels)
            self._market_data.tell(Unsubscribe(wish.symbol_id, wish.channels, self._arrive))
        if not open_channels:
            del self._open[wish.symbol_id]

    def end(self) -> None:
        """The connection is gone."""
        self.listener = None
        self._arrived.clear()
        for symbol_id, channels in list(self._open.items()):
            self.carry_out(Listen(symbol_id, tuple(channels), begin=False))

    def hand_over(self) -> None:
        """The port's turn has come."""
        arrived, self._arrived = self._arrived, []
        if arrived and self.listener is not None:
            self.listener(arrived)

    def _arrive(self, message: MarketMessage) -> None:
        if self.listener is not None:
            if not self._arrived:
                self._port.tell(MARKET_ARRIVED)
            self._arrived.append(message)
