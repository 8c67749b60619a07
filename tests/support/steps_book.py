"""A book rebuilt from steps alone, which believes nothing."""

from __future__ import annotations

from engine.market_data.orders import OrderAdded, OrderDeleted, OrderModified
from engine.market_data.steps import OrderExecuted, OrderRequeued, RecordSteps, Shown, TradeAmended, Traded
from engine.types import Px, Side


class StepsBook:
    """Displayed orders as (side, price, quantity) by OrderID, each queue in priority order."""

    def __init__(self, shown: Shown) -> None:
        self.orders: dict[int, tuple[Side, Px, int]] = {}
        self.traded: dict[int, int] = {}
        """Quantity by TradeID."""
        for side, queue in ((Side.BUY, shown.orders.bids), (Side.SELL, shown.orders.asks)):
            self.orders.update({order.order_id: (side, order.px, order.qty) for order in queue})

    def fold(self, records: list[RecordSteps]) -> None:
        for record in records:
            assert record.steps
            for step in record.steps:
                self._step(step)

    def queue(self, side: Side) -> list[tuple[int, Px, int]]:
        """(OrderID, price, quantity), best price first and in priority order within it."""
        mine = [(order_id, px, qty) for order_id, (of, px, qty) in self.orders.items() if of is side]
        return sorted(mine, key=lambda order: -order[1] if side is Side.BUY else order[1])

    def _step(self, step: object) -> None:
        orders = self.orders
        if isinstance(step, OrderAdded):
            assert step.order_id not in orders, "added twice"
            orders[step.order_id] = (step.side, step.px, step.qty)
        elif isinstance(step, OrderModified):
            assert orders[step.order_id][:2] == (step.side, step.px)
            orders[step.order_id] = (step.side, step.px, step.qty)
        elif isinstance(step, OrderDeleted):
            assert orders.pop(step.order_id)[:2] == (step.side, step.px)
        elif isinstance(step, OrderRequeued):
            assert orders.pop(step.order_id)[0] is step.side
            orders[step.order_id] = (step.side, step.px, step.qty)
        elif isinstance(step, OrderExecuted):
            side, px, qty = orders.pop(step.order_id) if not step.shown_qty else orders[step.order_id]
            assert 0 < step.qty <= qty, "more has been executed than was displayed"
            if step.shown_qty:
                orders[step.order_id] = (side, px, step.shown_qty)
        elif isinstance(step, Traded):
            assert step.trade_id not in self.traded
            self.traded[step.trade_id] = step.qty
        elif isinstance(step, TradeAmended):
            self.traded[step.trade_id] = 0 if step.busted else step.qty
