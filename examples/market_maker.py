"""A market maker: quotes both sides around what the others in the market quote, follows them, and limits what it holds.

    python examples/market_maker.py --symbol BTC/USDT --qty 0.01 --spread 0.001 --inventory 0.05

Its prices come from the market data stream, order by order, so that it can leave its own orders out of the market that
it follows. Its orders are cancelled by the venue when its connection breaks; when it has come back it quotes again.
"""

from __future__ import annotations

import argparse
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

import trio

from clients import Backoff, CancelOnDisconnect, Client, ClientError, Executed, Side
from clients.market import BookChanged, LocalBook, MarketData
from clients.orders import TrackedOrder

TWO = Decimal(2)


class Plan(NamedTuple):
    """What to quote; numbers are exact decimals."""

    symbol: str
    qty: Decimal
    spread: Decimal
    """Between bid and offer, as a fraction of the price."""
    inventory: Decimal
    """The most that is held, long or short."""
    price: Decimal
    """What it is worth while nobody else quotes both sides; 0: then nothing is quoted."""
    fills: int
    """It stops after so many; 0: never."""


class MarketMaker:
    """Two orders, one on each side."""

    def __init__(self, client: Client, book: LocalBook, tick: Decimal, plan: Plan) -> None:
        self.client = client
        self.book = book
        self.tick = tick
        self.plan = plan
        self.held = Decimal(0)
        self.fills = 0
        self.requests = 0
        self.quotes: dict[Side, int] = {}
        """The ClOrdID of each side's order."""

    @property
    def done(self) -> bool:
        return 0 < self.plan.fills <= self.fills

    def worth(self) -> Decimal:
        """The middle between the best orders of others."""
        own = {order.order_id for order in self.client.orders.open()}
        best = [
            next((order.price for order in self.book.orders(side) if order.order_id not in own), None) for side in Side
        ]
        if best[0] is None or best[1] is None:
            return self.plan.price
        return (best[0] + best[1]) / TWO

    def targets(self) -> dict[Side, Decimal]:
        """A price for each side that is to be quoted. The more is held, the lower both are, so that it is sold."""
        worth, plan = self.worth(), self.plan
        if not worth:
            return {}
        half = worth * plan.spread / TWO
        middle = worth - half * self.held / plan.inventory
        found: dict[Side, Decimal] = {}
        if self.held + plan.qty <= plan.inventory:
            found[Side.BUY] = self.rounded(middle - half, ROUND_FLOOR)
        if self.held - plan.qty >= -plan.inventory:
            found[Side.SELL] = self.rounded(middle + half, ROUND_CEILING)
        return found

    def rounded(self, price: Decimal, how: str) -> Decimal:
        return (price / self.tick).to_integral_value(how) * self.tick

    async def quote(self) -> None:
        """Brings both orders to where they should stand, once all that was asked for has been answered: until then an
        order of its own may look like another's."""
        if any(order.is_pending for order in self.client.orders.open()):
            return
        targets = self.targets()
        for side in Side:
            number = self.quotes.get(side)
            order = self.client.orders.get(number) if number is not None else None
            price = targets.get(side)
            if order is None:
                if price is not None:
                    self.requests += 1
                    self.quotes[side] = await self.client.new_order(
                        self.plan.symbol, side, self.plan.qty, price, post_only=True
                    )
            else:
                await self.move(order, price)

    async def move(self, order: TrackedOrder, price: Decimal | None) -> None:
        if price is None:
            await self.client.cancel(order.cl_ord_id)
        elif price != order.price:
            self.requests += 1
            self.quotes[order.side] = await self.client.replace(order.cl_ord_id, price=price)

    async def follow_reports(self) -> None:
        """What is held follows from the fills; what became of an order may free the way for another."""
        async for event in self.client:
            if isinstance(event, Executed):
                self.held += event.last_qty if event.side is Side.BUY else -event.last_qty
                self.fills += 1
                print(f"{event.side.name} {event.last_qty} @ {event.last_px}, holds {self.held}", flush=True)
            if self.done:
                return
            await self.quote_if_connected()

    async def follow_market(self, market: MarketData) -> None:
        async for event in market:
            if isinstance(event, BookChanged) and event.security_id == self.book.security_id:
                await self.quote_if_connected()

    async def quote_if_connected(self) -> None:
        if self.client.connected and self.book.whole:
            try:
                await self.quote()
            except ClientError as error:
                print(f"not quoted: {error}", flush=True)


async def make_market(client: Client, market: MarketData, plan: Plan) -> MarketMaker:
    """Quotes until it is done or cancelled; then nothing of it is left in the market."""
    await client.configure(CancelOnDisconnect.DISCONNECT, cancel_window_ms=0)
    book = await market.shown(plan.symbol)
    maker = MarketMaker(client, book, market.instruments[plan.symbol].tick_size, plan)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(maker.follow_market, market)
        await maker.quote_if_connected()
        await maker.follow_reports()
        nursery.cancel_scope.cancel()
    await client.pull_all(plan.symbol)
    return maker


async def main(arguments: argparse.Namespace) -> None:
    plan = Plan(
        arguments.symbol,
        arguments.qty,
        arguments.spread,
        arguments.inventory,
        arguments.price,
        arguments.fills,
    )
    login = arguments.user, arguments.password
    orders = Client(arguments.host, arguments.port, *login, next_number=0, reconnect=Backoff())
    async with orders as client, MarketData(arguments.host, arguments.market_port, *login) as market:
        maker = await make_market(client, market, plan)
        print(f"{maker.requests} requests, {maker.fills} fills, holds {maker.held}")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=9900, help="of order entry")
    made.add_argument("--market-port", type=int, default=9901, help="of market data")
    made.add_argument("--user", default="TRADR1")
    made.add_argument("--password", default="demo")
    made.add_argument("--symbol", default="BTC/USDT")
    made.add_argument("--qty", type=Decimal, default=Decimal("0.01"), help="of each quote")
    made.add_argument("--spread", type=Decimal, default=Decimal("0.001"), help="fraction of the price, both sides")
    made.add_argument("--inventory", type=Decimal, default=Decimal("0.05"), help="most that is held, long or short")
    made.add_argument("--price", type=Decimal, default=Decimal(0), help="while nobody else quotes both sides")
    made.add_argument("--fills", type=int, default=0, help="stop after so many; 0: never")
    return made


if __name__ == "__main__":
    try:
        trio.run(main, parser().parse_args())
    except KeyboardInterrupt:
        print("stopped; the venue cancels the quotes")
    except ClientError as error:
        raise SystemExit(str(error)) from None
