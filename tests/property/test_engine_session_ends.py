"""What an end of a session cancels: the book and its naive twin choose the same orders, by each order's own word before
its session's."""

from __future__ import annotations

import pytest
from book_twins import Twins
from engine_builders import new
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands import CancelAll
from engine.events import OrderCanceled
from engine.session_end import SessionEnd
from engine.session_profile import CancelOnDisconnect
from engine.terms import SpecialTerms
from engine.types import SCALE, CancelReason

OFF, DISCONNECT, LOGOUT = CancelOnDisconnect
MODES = [None, *CancelOnDisconnect]
EITHER = st.booleans()
REST = 90 * SCALE


@pytest.mark.parametrize(
    ("end", "canceled"),
    [
        (SessionEnd(True, OFF), {"disconnect", "logout"}),
        (SessionEnd(False, OFF), {"logout"}),
        (SessionEnd(True, DISCONNECT), {"silent", "plain", "disconnect", "logout"}),
        (SessionEnd(False, DISCONNECT), {"logout"}),
        (SessionEnd(True, LOGOUT), {"silent", "plain", "disconnect", "logout"}),
        (SessionEnd(False, LOGOUT), {"silent", "plain", "logout"}),
    ],
    ids=str,
)
def test_an_orders_own_word_comes_before_its_sessions(end: SessionEnd, canceled: set[str]) -> None:
    asked = {
        "plain": None,
        "silent": SpecialTerms(),
        "off": SpecialTerms(on_disconnect=OFF),
        "disconnect": SpecialTerms(on_disconnect=DISCONNECT),
        "logout": SpecialTerms(on_disconnect=LOGOUT),
    }
    assert {name for name, special in asked.items() if end.cancels(special)} == canceled


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.sampled_from([2, 3]), st.sampled_from(MODES), EITHER), max_size=12),
    st.builds(SessionEnd, EITHER, st.sampled_from(CancelOnDisconnect)),
)
@settings(max_examples=100, deadline=None)
def test_both_books_cancel_the_same_orders(
    orders: list[tuple[int, int, CancelOnDisconnect | None, bool]], end: SessionEnd
) -> None:
    twins = Twins("usual")
    for n, (session_id, account_id, mode, plain) in enumerate(orders):
        special = None if plain else SpecialTerms(on_disconnect=mode)
        twins.do(new(f"o{n}", px=REST, session_id=session_id, account_id=account_id, special=special))
    events = twins.do(CancelAll(7, 2, 0, CancelReason.CONNECTION_LOST, 1, end))
    canceled = [event.order.cl_ord_id for event in events if isinstance(event, OrderCanceled)]
    assert canceled == [
        f"o{n}"
        for n, (session_id, account_id, mode, plain) in enumerate(orders)
        if (session_id, account_id) == (1, 2) and end.cancels(None if plain else SpecialTerms(on_disconnect=mode))
    ]
