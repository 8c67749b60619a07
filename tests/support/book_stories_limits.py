"""Examples of amendments, protection and numbers of orders (docs/order-book.md §4, §6)."""

from __future__ import annotations

from book_story import PX, Story, buy, qty, sell, trade_at
from engine_builders import (
    BUY,
    FOK,
    IOC,
    cancel,
    changes,
    instrument,
    market,
    oco,
    oto,
    pegged,
    reference_price,
    replace,
    special,
    stop,
)

from engine.commands import ChangeInstrument
from engine.instrument import Protection
from engine.types import SCALE, PostOnly, SelfTrade

AMENDING = [
    Story(
        "less keeps its place",
        [buy("x", 5, 100)],
        replace("y", "x", qty(3)),
        ["=y 3@100 keeps"],
    ),
    Story(
        "another price is worked",
        [buy("x", 5, 100), sell("s", 1, 101)],
        replace("y", "x", qty(5), 101 * PX),
        ["=y 5@101", "y trades 1 at 101 with s"],
    ),
    Story(
        "what is filled already",
        [buy("x", 5, 100), sell("s", 2, 100)],
        replace("y", "x", qty(1)),
        ["=y 0@100"],
    ),
    Story(
        "a post-only order that would take is cancelled",
        [buy("x", 5, 100, special=special(post_only=PostOnly.REJECT)), sell("s", 1, 101)],
        replace("y", "x", qty(5), 101 * PX),
        ["=y 5@101", "-y POST_ONLY"],
    ),
    Story(
        "a stop price that the market has reached",
        [*trade_at(100), stop("x", BUY, 102 * PX, px=110 * PX)],
        replace("y", "x", px=110 * PX, changes=changes(stop_px=100 * PX)),
        ["=y 1@110 TRIGGER 100", "TRIGGER y 1@110 TURN", "ENTERED y 1@110"],
    ),
    Story(
        "no more than what is filled",
        [buy("x", 5, 100), sell("s", 2, 100)],
        replace("y", "x", qty(2)),
        ["=y 0@100"],
    ),
    Story(
        "one more than that goes on",
        [buy("x", 5, 100), sell("s", 2, 100)],
        replace("y", "x", qty(3)),
        ["=y 1@100 keeps"],
    ),
]

_VOLATILITY = {"protection": Protection(volatility_rate=SCALE // 20)}

_COLLAR = {"protection": Protection(collar_rate=SCALE // 20)}

PROTECTION = [
    Story(
        "the static limit",
        [],
        buy("x", 1, 111),
        ["no: price 111 is outside the limits 90 to 110"],
        {"protection": Protection(price_limit_rate=SCALE // 10)},
    ),
    Story(
        "the collar",
        [sell("s", 1, 100)],
        buy("x", 1, 106),
        ["no: price 106 is too far through the market"],
        {"protection": Protection(collar_rate=SCALE // 20)},
    ),
    Story(
        "the dynamic band brings a price to its edge",
        [],
        buy("x", 1, 110),
        ["+x 1@105", "limit state BUY"],
        {"protection": Protection(dynamic_band_rate=SCALE // 20)},
    ),
    Story(
        "a trade too far away pauses the book, and pegs are parked",
        [buy("b", 1, 99), pegged("p", BUY, px=110 * PX), sell("s", 1, 105), sell("t", 1, 106)],
        buy("x", 3, 110),
        ["+x 3@110", "x trades 1 at 105 with s", "VOLATILITY_PAUSE volatility", "PARKED p 1@110 TOUCH"],
        _VOLATILITY,
    ),
    Story(
        "on either side of the reference price",
        [sell("s", 1, 94)],
        buy("x", 1, 100, tif=IOC),
        ["+x 1@100", "-x PRICE_BAND", "VOLATILITY_PAUSE volatility"],
        _VOLATILITY,
    ),
    Story(
        "too many orders on a side",
        [buy("a", 1, 99), buy("b", 1, 98)],
        buy("c", 1, 97, account_id=3),
        ["no: too many orders"],
        {"orders_per_side_max": 2},
    ),
    Story(
        "an order that can't rest is none too many",
        [buy("a", 1, 99)],
        buy("c", 1, 97, tif=IOC),
        ["+c 1@97", "-c IMMEDIATE_REMAINDER"],
        {"orders_per_side_max": 1},
    ),
    Story(
        "cancels make room",
        [buy("a", 1, 99), buy("b", 1, 98), cancel("d", "b")],
        buy("c", 1, 97),
        ["+c 1@97"],
        {"orders_per_side_max": 2},
    ),
    Story(
        "fills make room",
        [buy("a", 1, 99), buy("b", 1, 98), sell("s", 1, 99)],
        buy("c", 1, 97),
        ["+c 1@97"],
        {"orders_per_side_max": 2},
    ),
    Story(
        "the other side has its own room",
        [buy("a", 1, 99)],
        sell("c", 1, 101),
        ["+c 1@101"],
        {"orders_per_side_max": 1},
    ),
    Story(
        "a market order does not rest either",
        [buy("a", 1, 99), sell("s", 1, 100)],
        market("c", BUY, qty(1), 110 * PX),
        ["+c 1@110", "c trades 1 at 100 with s"],
        {"orders_per_side_max": 1},
    ),
    Story(
        "legs of one list count",
        [buy("a", 1, 99)],
        oco("L", buy("p", 1, 98), buy("q", 1, 97)),
        ["no: leg 2 of the list was refused", "no: too many orders"],
        {"orders_per_side_max": 2},
    ),
    Story(
        "too many orders of an account",
        [buy("a", 1, 99), stop("b", BUY, 110 * PX, px=110 * PX)],
        sell("c", 1, 101),
        ["no: too many orders"],
        {"orders_per_account_max": 2},
    ),
    Story(
        "another account has its own number",
        [buy("a", 1, 99), buy("b", 1, 98)],
        buy("c", 1, 97, account_id=3),
        ["+c 1@97"],
        {"orders_per_account_max": 2},
    ),
    Story(
        "a cancelled order of an account makes room",
        [buy("a", 1, 99), buy("b", 1, 98), cancel("d", "a")],
        buy("c", 1, 97),
        ["+c 1@97"],
        {"orders_per_account_max": 2},
    ),
    Story(
        "legs of one list count for their account",
        [buy("a", 1, 99)],
        oco("L", buy("p", 1, 98), sell("q", 1, 101)),
        ["no: leg 2 of the list was refused", "no: too many orders"],
        {"orders_per_account_max": 2},
    ),
    Story(
        "a protection price is none that the static limit refuses",
        [buy("b", 1, 100)],
        pegged("x", BUY, px=150 * PX),
        ["+x 1@100"],
        {"protection": Protection(price_limit_rate=SCALE // 10)},
    ),
    Story(
        "a stop price is",
        [],
        stop("x", BUY, 111 * PX, px=105 * PX),
        ["no: price 111 is outside the limits 90 to 110"],
        {"protection": Protection(price_limit_rate=SCALE // 10)},
    ),
    Story(
        "the collar holds for an amended order that rests",
        [sell("s", 1, 100), buy("x", 1, 99)],
        replace("y", "x", px=106 * PX),
        ["no: price 106 is too far through the market"],
        _COLLAR,
    ),
    Story(
        "not for one that waits",
        [sell("s", 1, 100)],
        stop("x", BUY, 103 * PX, px=106 * PX),
        ["+x 1@106 TRIGGER 103"],
        _COLLAR,
    ),
    Story(
        "amended or not",
        [sell("s", 1, 100), stop("x", BUY, 103 * PX, px=106 * PX)],
        replace("y", "x", px=107 * PX),
        ["=y 1@107 TRIGGER 103"],
        _COLLAR,
    ),
    Story(
        "nor for a child",
        [sell("s", 1, 100)],
        oto("L", sell("in", 1, 103), buy("out", 1, 106)),
        ["+in 1@103 TURN", "+out 1@106 ENTRY", "ENTERED in 1@103"],
        _COLLAR,
    ),
    Story(
        "without a band there is no limit state",
        [buy("x", 1, 110)],
        ChangeInstrument(instrument(), "ops"),
        ["InstrumentListed", "limit state over"],
        {"protection": Protection(dynamic_band_rate=SCALE // 20)},
    ),
    Story(
        "a price left too far behind by the reference price stops an order",
        [sell("s", 1, 100), reference_price(110 * PX)],
        buy("x", 1, 100),
        ["+x 1@100", "VOLATILITY_PAUSE volatility"],
        _VOLATILITY,
    ),
    Story(
        "self-trade prevention comes before volatility",
        [sell("mine", 1, 106)],
        buy("x", 1, 106, special=special(self_trade=SelfTrade.CANCEL_NEWEST)),
        ["+x 1@106", "-x SELF_TRADE"],
        _VOLATILITY,
    ),
    Story(
        "fill or kill that can't be met does not pause the book",
        [sell("s", 1, 106)],
        buy("x", 1, 106, tif=FOK),
        ["+x 1@106", "-x FILL_OR_KILL"],
        _VOLATILITY,
    ),
    Story(
        "what was elected rests in a pause, unless it is immediate",
        [
            *trade_at(100),
            stop("one", BUY, 103 * PX, qty(1), 120 * PX),
            stop("two", BUY, 103 * PX, qty(1), 110 * PX, tif=IOC),
            stop("three", BUY, 103 * PX, qty(1), 110 * PX),
            *(sell("s", 1, 103), sell("t", 1, 106)),
        ],
        buy("b", 1, 103, account_id=4),
        [
            "+b 1@103",
            "b trades 1 at 103 with s",
            "TRIGGER one 1@120 TURN",
            "TRIGGER two 1@110 TURN",
            "TRIGGER three 1@110 TURN",
            "ENTERED one 1@120",
            "VOLATILITY_PAUSE volatility",
            "ENTERED three 1@110",
        ],
        _VOLATILITY,
    ),
]
