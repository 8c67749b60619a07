"""A momentum taker: listens to every trade, and joins in with an immediate-or-cancel order when one side presses on.

    python examples/momentum_taker.py --symbol BTC/USDT --qty 0.01 --trades 5 --pressure 0.6

Of the last trades it adds up what buyers took and what sellers took; when the difference is more than the wanted part
of all of it, it takes the best price of the other side, waits for what comes of it, and begins to count anew.
"""

from __future__ import annotations

import argparse
from collections import deque
from decimal import Decimal

import trio

from clients import Backoff, Canceled, Client, ClientError, Executed, Rejected, Side, TimeInForce
from clients.market import LocalBook, MarketData, Trade

ZERO = Decimal(0)


class Momentum:
    """The pressure of the last ``count`` trades: 1 if buyers took all of it, -1 if sellers did."""

    def __init__(self, count: int) -> None:
        self._taken: deque[Decimal] = deque(maxlen=count)

    def add(self, trade: Trade) -> None:
        """Auctions press nowhere."""
        if trade.aggressor is not None:
            self._taken.append(trade.qty if trade.aggressor is Side.BUY else -trade.qty)

    def clear(self) -> None:
        self._taken.clear()

    @property
    def pressure(self) -> Decimal:
        """0 until there are enough trades."""
        if len(self._taken) < (self._taken.maxlen or 0):
            return ZERO
        return sum(self._taken, ZERO) / sum(map(abs, self._taken), ZERO)


class Taker:
    """Sends one order at a time."""

    def __init__(self, client: Client, book: LocalBook, symbol: str, qty: Decimal) -> None:
        self.client = client
        self.book = book
        self.symbol = symbol
        self.qty = qty
        self.orders = 0
        self.held = ZERO
        self.trades: set[int] = set()
        """Those that it has made itself."""

    async def take(self, side: Side) -> None:
        """The best price there is, if it is still there."""
        best = self.book.best_offer if side is Side.BUY else self.book.best_bid
        if best is None:
            print(f"nothing to {side.name.lower()}", flush=True)
            return
        self.orders += 1
        outcome = await self.client.place(self.symbol, side, self.qty, best.price, tif=TimeInForce.IOC)
        if isinstance(outcome, Rejected):
            print(f"rejected: {outcome.text}", flush=True)
            return
        filled, paid = ZERO, ZERO
        async for event in self.client:
            if isinstance(event, Executed):
                self.trades.add(event.trade_id)
                filled += event.last_qty
                paid += event.last_qty * event.last_px
            if isinstance(event, Canceled) or (isinstance(event, Executed) and not event.leaves_qty):
                break
        self.held += filled if side is Side.BUY else -filled
        price = f" @ {paid / filled}" if filled else ""
        print(f"{side.name} {filled}{price}, holds {self.held}", flush=True)


async def chase(market: MarketData, taker: Taker, momentum: Momentum, wanted: Decimal, orders_max: int) -> None:
    """Until ``orders_max`` orders have been sent; 0: for ever."""
    async for event in market:
        if not isinstance(event, Trade) or event.security_id != taker.book.security_id:
            continue
        if event.trade_id in taker.trades:
            continue
        momentum.add(event)
        pressure = momentum.pressure
        if abs(pressure) < wanted:
            continue
        momentum.clear()
        try:
            await taker.take(Side.BUY if pressure > 0 else Side.SELL)
        except ClientError as error:
            print(f"not taken: {error}", flush=True)
            await taker.client.until_connected()
        if 0 < orders_max <= taker.orders:
            return


async def main(arguments: argparse.Namespace) -> None:
    login = arguments.user, arguments.password
    orders = Client(arguments.host, arguments.port, *login, next_number=0, reconnect=Backoff())
    async with orders as client, MarketData(arguments.host, arguments.market_port, *login) as market:
        taker = Taker(client, await market.shown(arguments.symbol), arguments.symbol, arguments.qty)
        print(f"listening to {arguments.symbol}", flush=True)
        await chase(market, taker, Momentum(arguments.trades), arguments.pressure, arguments.orders)
        print(f"{taker.orders} orders, holds {taker.held}")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=9900, help="of order entry")
    made.add_argument("--market-port", type=int, default=9901, help="of market data")
    made.add_argument("--user", default="TRADR2")
    made.add_argument("--password", default="demo")
    made.add_argument("--symbol", default="BTC/USDT")
    made.add_argument("--qty", type=Decimal, default=Decimal("0.01"), help="of each order")
    made.add_argument("--trades", type=int, default=5, help="how many of the last trades count")
    made.add_argument("--pressure", type=Decimal, default=Decimal("0.6"), help="that makes it join in, 0 to 1")
    made.add_argument("--orders", type=int, default=0, help="stop after so many orders; 0: never")
    return made


if __name__ == "__main__":
    try:
        trio.run(main, parser().parse_args())
    except KeyboardInterrupt:
        print("stopped")
    except ClientError as error:
        raise SystemExit(str(error)) from None
