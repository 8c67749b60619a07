"""Queries that a session's own state answers: its orders, its lists and its trades, as it was last told of them."""

from __future__ import annotations

from engine.image import OrderImage
from engine.market_data.updates import Listen
from engine.queries import (
    Answer,
    ListStatusAnswer,
    ListStatusQuery,
    OpenOrdersAnswer,
    OpenOrdersQuery,
    OrderStatusAnswer,
    OrderStatusQuery,
    Query,
    TradesAnswer,
    TradesQuery,
)
from engine.session import SessionState


def answer_of(state: SessionState, query: Query | Listen) -> Answer | None:
    """The answer; None where others have it."""
    if isinstance(query, OrderStatusQuery):
        return OrderStatusAnswer(query, _order_of(state, query))
    if isinstance(query, ListStatusQuery):
        return ListStatusAnswer(query, state.lists.legs_of(query.list_id))
    if isinstance(query, OpenOrdersQuery):
        return OpenOrdersAnswer(query, [order for order in state.open.values() if _is_meant(order, query)])
    if isinstance(query, TradesQuery):
        return TradesAnswer(query, list(dict.fromkeys(state.traded)))
    return None


def _order_of(state: SessionState, query: OrderStatusQuery) -> OrderImage | None:
    return state.open.get(query.order_id) if query.order_id else state.order_named(query.cl_ord_id)


def _is_meant(order: OrderImage, query: OpenOrdersQuery) -> bool:
    return (
        query.symbol_id in (0, order.symbol_id)
        and query.side in (0, order.side)
        and query.account_id in (0, order.account_id)
    )
