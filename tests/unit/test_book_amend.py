"""The table of docs/amend.md, row by row, on both sides of the book."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from engine_builders import (
    BUY,
    IOC,
    SELL,
    cancel,
    changes,
    instrument,
    new,
    oco,
    oto,
    pegged,
    replace,
    reserve,
    special,
    stop,
)

from engine.book import Book
from engine.commands import NewOrder, SetInstrumentStatus
from engine.events import CancelRejected, Event, OrderReplaced, OrderTriggered, TradeExecuted
from engine.types import SCALE, InstrumentStatus, OrdStatus, Px, Side, TimeInForce, TradingPhase

TABLE = Path(__file__).parents[2] / "docs" / "amend.md"
ROWS = dict(re.findall(r"^\| `([\w-]+)` \|.*\| ([^|]+?) \|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
LATER, LATEST = 2_000_000_000 * 10**9, 2_100_000_000 * 10**9


class Scene:
    """A book, and prices ``n`` better for ``side`` than 100."""

    def __init__(self, side: Side, **terms: Any) -> None:
        self.side = side
        self.book = Book(instrument(**terms))

    def px(self, n: int) -> Px:
        return (100 + n if self.side is BUY else 100 - n) * SCALE

    def order(self, name: str = "mine", qty: int = 10, n: int = 0, **fields: Any) -> NewOrder:
        return new(name, self.side, qty * SCALE, self.px(n), **fields)

    def other_side(self, qty: int, n: int) -> list[Event]:
        return self.book.new_order(new(f"their{n}", self.side.opposite, qty * SCALE, self.px(n)))

    def trade(self, n: int) -> list[Event]:
        """A trade of others at that price, and what comes of it."""
        self.book.new_order(new("seller", SELL, SCALE, self.px(n), session_id=7))
        return self.book.new_order(new("buyer", BUY, SCALE, self.px(n), session_id=7))

    def enter_pair(self, order: NewOrder) -> None:
        """``order``, and another one just like it behind it."""
        self.book.new_order(order)
        self.book.new_order(msgspec.structs.replace(order, cl_ord_id="other"))

    def amend(self, qty: int = 10, n: int = 0, px: Px | None = None, **fields: Any) -> list[Event]:
        at = self.px(n) if px is None else px
        terms = changes(**fields) if fields else None
        return self.book.replace(replace("mine2", "mine", qty * SCALE, at, self.side, changes=terms))

    # ---- what the table says

    def resting(self, order: NewOrder, filled: int = 0, **amendment: Any) -> str:
        """What becomes of ``order``, ahead of another like it, when it is amended."""
        self.enter_pair(order)
        if filled:
            self.other_side(filled, 0)
        events = self.amend(**amendment)
        became = outcome(events)
        if became in ("keeps", "loses") and amendment.get("n", 0) == 0:
            ahead = self.names_in_queue()
            assert ahead == (["mine2", "other"] if became == "keeps" else ["other", "mine2"])
        return became

    def names_in_queue(self) -> list[str]:
        worst = SCALE if self.side is BUY else 1000 * SCALE
        sweep = self.book.new_order(new("sweep", self.side.opposite, 10_000 * SCALE, worst, tif=IOC))
        names = [event.resting.cl_ord_id for event in sweep if type(event) is TradeExecuted]
        return list(dict.fromkeys(name for name in names if name in ("mine2", "other")))

    def waiting(self, order: NewOrder, *amendments: dict[str, Any]) -> str:
        """The same for two that wait for one stop price, 2 above the last price."""
        self.trade(0)
        self.enter_pair(order)
        for nth, amendment in enumerate(amendments):
            events = self.amend(**amendment)
            if nth < len(amendments) - 1:
                self.book.replace(replace("mine", "mine2", 10 * SCALE, order.px, self.side))
        became = outcome(events)
        if became in ("keeps", "loses"):
            elected = [event.order.cl_ord_id for event in self.trade(2) if type(event) is OrderTriggered]
            assert elected == (["mine2", "other"] if became == "keeps" else ["other", "mine2"])
        return became


def outcome(events: list[Event]) -> str:
    first = events[0]
    if isinstance(first, CancelRejected):
        return f"refused: {first.text}"
    assert isinstance(first, OrderReplaced)
    if not first.order.leaves_qty:
        assert (first.order.status, first.order.order_qty) == (OrdStatus.FILLED, first.order.cum_qty)
        return "ends filled"
    became = "keeps" if first.kept_priority else "loses"
    kinds = {type(event) for event in events}
    if TradeExecuted in kinds:
        return f"{became}, and trades"
    return f"{became}, and triggers" if OrderTriggered in kinds else became


# ---- the rows -----------------------------------------------------------------------------------------------------


def _good_till(scene: Scene) -> NewOrder:
    return scene.order(tif=TimeInForce.GTD, special=special(expire_ns=LATER))


def _reserve(scene: Scene) -> NewOrder:
    return reserve("mine", scene.side, 4 * SCALE, 10 * SCALE, scene.px(0))


def _minimum(scene: Scene) -> NewOrder:
    return scene.order(special=special(min_qty=4 * SCALE))


def _peg(scene: Scene, **fields: Any) -> NewOrder:
    """Pegged to its own side's touch, which is at 100; its account gives a limit to one that has none."""
    scene.book.new_order(scene.order("touch", 1, session_id=7))
    return pegged("mine", scene.side, qty=10 * SCALE, **{"px": scene.px(9), **fields})


def _stop(scene: Scene, limit: int = 0, **fields: Any) -> NewOrder:
    order = stop("mine", scene.side, scene.px(2), 10 * SCALE, scene.px(limit) if limit else 0, **fields)
    return order if limit else msgspec.structs.replace(order, px=scene.px(9))


def _min_qty_can_be_met(scene: Scene) -> str:
    scene.other_side(3, 0)
    return scene.resting(_minimum(scene), min_qty=3 * SCALE)


def _px_through(scene: Scene) -> str:
    scene.other_side(3, 2)
    return scene.resting(scene.order(), n=3)


def _reserve_qty_down(scene: Scene) -> str:
    """It has shown its first 4, of its second 4 no more than 2 are left."""
    scene.enter_pair(_reserve(scene))
    scene.other_side(8, 0)
    events = scene.amend(6)
    assert isinstance(events[0], OrderReplaced)
    assert (events[0].order.leaves_qty, events[0].order.shown_qty) == (2 * SCALE, 2 * SCALE)
    assert scene.names_in_queue() == ["mine2", "other"]
    return outcome(events)


def _stop_px_away_and_back(scene: Scene) -> str:
    scene.trade(0)
    scene.enter_pair(_stop(scene, 3))
    scene.book.replace(
        replace("away", "mine", 10 * SCALE, scene.px(3), scene.side, changes=changes(stop_px=scene.px(1)))
    )
    back = replace("mine2", "away", 10 * SCALE, scene.px(3), scene.side, changes=changes(stop_px=scene.px(2)))
    became = outcome(scene.book.replace(back))
    elected = [event.order.cl_ord_id for event in scene.trade(2) if type(event) is OrderTriggered]
    assert elected == ["other", "mine2"]
    return became


def _peg_without_touch(scene: Scene) -> str:
    scene.book.new_order(pegged("mine", scene.side, qty=10 * SCALE, px=scene.px(9)))
    (event,) = scene.amend(px=0, peg_offset=SCALE)
    assert isinstance(event, OrderReplaced)
    assert event.order.working is not None
    return "waits on" if event.order.working.wait else "rests"


def _ended(scene: Scene) -> str:
    scene.book.new_order(scene.order())
    scene.book.cancel(cancel("c", "mine", side=scene.side))
    return outcome(scene.amend(5))


def _leg(scene: Scene) -> str:
    scene.book.new_list(oco("L", scene.order(), scene.order("leg2", n=-1)))
    return outcome(scene.amend(5))


def _last_leg(scene: Scene) -> str:
    """The entry is filled, so that its one child is all that is left of the list."""
    scene.book.new_list(oto("L", scene.order("entry", n=1), scene.order()))
    scene.other_side(10, 1)
    return outcome(scene.amend(5))


def _side(scene: Scene) -> str:
    scene.book.new_order(scene.order())
    return outcome(scene.book.replace(replace("mine2", "mine", 5 * SCALE, scene.px(0), scene.side.opposite)))


def _account(scene: Scene) -> str:
    scene.book.new_order(scene.order())
    change = replace("mine2", "mine", 5 * SCALE, scene.px(0), scene.side, account_id=3)
    return outcome(scene.book.replace(change))


def _halted(scene: Scene) -> str:
    scene.book.new_order(scene.order())
    scene.book.operate(SetInstrumentStatus(1, InstrumentStatus.HALTED, "ops"))
    return outcome(scene.amend(5))


def _auction(side: Side) -> Scene:
    return Scene(side, phase=TradingPhase.OPENING_AUCTION)


def _auction_qty_down(scene: Scene) -> str:
    scene = _auction(scene.side)
    scene.enter_pair(scene.order())
    return outcome(scene.amend(5))


def _auction_px_through(scene: Scene) -> str:
    scene = _auction(scene.side)
    scene.other_side(3, 2)
    scene.enter_pair(scene.order())
    return outcome(scene.amend(n=3))


CASES: dict[str, Callable[[Scene], str]] = {
    "name": lambda it: it.resting(it.order()),
    "qty-down": lambda it: it.resting(it.order(), qty=5),
    "qty-down-after-a-fill": lambda it: it.resting(it.order(), filled=3, qty=5),
    "qty-up": lambda it: it.resting(it.order(), qty=11),
    "px-worse": lambda it: it.resting(it.order(), n=-1),
    "px-better": lambda it: it.resting(it.order(), n=1),
    "px-through": _px_through,
    "qty-down-and-px": lambda it: it.resting(it.order(), qty=5, n=-1),
    "qty-is-what-is-filled": lambda it: it.resting(it.order(), filled=3, qty=3),
    "qty-is-below-what-is-filled": lambda it: it.resting(it.order(), filled=3, qty=2),
    "expiry": lambda it: it.resting(_good_till(it), expire_ns=LATEST),
    "expiry-and-qty-down": lambda it: it.resting(_good_till(it), qty=5, expire_ns=LATEST),
    "expiry-and-qty-up": lambda it: it.resting(_good_till(it), qty=11, expire_ns=LATEST),
    "hidden-qty-down": lambda it: it.resting(it.order(special=special(hidden=True)), qty=5),
    "reserve-qty-down": _reserve_qty_down,
    "reserve-qty-up": lambda it: it.resting(_reserve(it), qty=11),
    "display-up": lambda it: it.resting(_reserve(it), display_qty=5 * SCALE),
    "display-down": lambda it: it.resting(_reserve(it), display_qty=3 * SCALE),
    "becomes-reserve": lambda it: it.resting(it.order(), display_qty=4 * SCALE),
    "min-qty-up": lambda it: it.resting(_minimum(it), min_qty=5 * SCALE),
    "min-qty-down": lambda it: it.resting(_minimum(it), min_qty=3 * SCALE),
    "min-qty-can-be-met": _min_qty_can_be_met,
    "aon-qty-down": lambda it: it.resting(it.order(special=special(all_or_none=True)), qty=5),
    "peg-qty-down": lambda it: it.resting(_peg(it), qty=5, px=0),
    "peg-offset": lambda it: it.resting(_peg(it), px=0, peg_offset=-it.px(1) + it.px(0)),
    "peg-limit": lambda it: it.resting(_peg(it, px=it.px(1)), px=it.px(2)),
    "stop-qty-down": lambda it: it.waiting(_stop(it), {"qty": 5, "n": 9}),
    "stop-qty-up": lambda it: it.waiting(_stop(it), {"qty": 11, "n": 9}),
    "stop-px": _stop_px_away_and_back,
    "stop-px-reached": lambda it: it.waiting(_stop(it), {"n": 9, "stop_px": it.px(0)}),
    "stop-limit-px": lambda it: it.waiting(_stop(it, 3), {"n": 4}),
    "stop-expiry": lambda it: it.waiting(
        stop("mine", it.side, it.px(2), 10 * SCALE, it.px(3), special={"expire_ns": LATER}, tif=TimeInForce.GTD),
        {"n": 3, "expire_ns": LATEST},
    ),
    "peg-without-touch": _peg_without_touch,
    "auction-qty-down": _auction_qty_down,
    "auction-px-through": _auction_px_through,
    "side": _side,
    "account": _account,
    "ended": _ended,
    "leg": _leg,
    "last-leg": _last_leg,
    "stop-px-of-a-plain-order": lambda it: it.resting(it.order(), stop_px=it.px(2)),
    "offset-of-a-plain-order": lambda it: it.resting(it.order(), peg_offset=SCALE),
    "qty-below-display": lambda it: it.resting(_reserve(it), qty=3),
    "qty-below-minimum": lambda it: it.resting(_minimum(it), qty=3),
    "expiry-of-a-gtc-order": lambda it: it.resting(it.order(), expire_ns=LATER),
    "off-tick": lambda it: it.resting(it.order(), px=it.px(0) + 1),
    "halted": _halted,
}


@pytest.mark.parametrize("side", [BUY, SELL], ids=["buy", "sell"])
@pytest.mark.parametrize("row", ROWS)
def test_row(row: str, side: Side) -> None:
    expected = ROWS[row].removesuffix("…")
    became = CASES[row](Scene(side))
    assert became == expected or (expected != ROWS[row] and became.startswith(expected))


def test_the_table_has_every_row() -> None:
    assert list(ROWS) == list(CASES)
