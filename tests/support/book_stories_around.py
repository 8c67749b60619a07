"""Examples of lists, amendments, auctions and protection (docs/order-book.md §3 to §6)."""

from __future__ import annotations

from book_story import AON, CLOSING, CONTINUOUS, OPENING, PX, Story, buy, qty, sell, trade_at
from engine_builders import (
    BUY,
    DAY,
    IOC,
    SELL,
    bracket,
    cancel,
    changes,
    market,
    oco,
    oto,
    pegged,
    phase,
    replace,
    reserve,
    special,
    stop,
)

from engine.commands import NewOrder
from engine.instrument import Protection
from engine.types import (
    SCALE,
    PostOnly,
    TimeInForce,
    TradingPhase,
)


def _children() -> tuple[NewOrder, NewOrder]:
    return sell("profit", 4, 105), stop("loss", SELL, 95 * PX, qty(4), 94 * PX)


_ENTRY = buy("in", 4, 100)

LISTS = [
    Story(
        "one cancels the other at the first fill",
        [oco("L", sell("a", 4, 105), stop("b", SELL, 95 * PX, qty(4), 94 * PX))],
        buy("x", 1, 105),
        ["+x 1@105", "x trades 1 at 105 with a", "-b LIST"],
    ),
    Story(
        "one cancels the other when it is cancelled",
        [oco("L", sell("a", 4, 105), sell("b", 4, 106))],
        cancel("c", "b", side=SELL),
        ["-b REQUESTED", "-a LIST"],
    ),
    Story(
        "a bracket's children wait for the entry",
        [],
        bracket("L", _ENTRY, *_children()),
        ["+in 4@100 TURN", "+profit 4@105 ENTRY", "+loss 4@94 ENTRY", "ENTERED in 4@100"],
    ),
    Story(
        "part of the entry: what it bought is held for the children",
        [bracket("L", _ENTRY, *_children())],
        sell("s", 1, 100),
        ["+s 1@100", "s trades 1 at 100 with in", "HOLD profit 4@105 ENTRY"],
    ),
    Story(
        "the entry is filled",
        [bracket("L", _ENTRY, *_children())],
        sell("s", 4, 100),
        [
            "+s 4@100",
            "s trades 4 at 100 with in",
            "ENTRY profit 4@105 TURN",
            "ENTRY loss 4@94 TRIGGER 95",
            "ENTERED profit 4@105",
        ],
    ),
    Story(
        "the entry ends with a part filled",
        [bracket("L", _ENTRY, *_children()), sell("s", 1, 100)],
        cancel("c", "in"),
        [
            "-in REQUESTED",
            "ENTRY_CUT profit 1@105 ENTRY",
            "ENTRY_CUT loss 1@94 ENTRY",
            "ENTRY profit 1@105 TURN",
            "ENTRY loss 1@94 TRIGGER 95",
            "ENTERED profit 1@105",
        ],
    ),
    Story(
        "the entry ends with nothing filled",
        [oto("L", _ENTRY, *_children())],
        cancel("c", "in"),
        ["-in REQUESTED", "-profit LIST", "-loss LIST"],
    ),
    Story(
        "a child of an OTO goes alone",
        [oto("L", _ENTRY, *_children())],
        cancel("c", "profit", side=SELL),
        ["-profit REQUESTED"],
    ),
    Story(
        "of a bracket, both children",
        [bracket("L", _ENTRY, *_children())],
        cancel("c", "loss", side=SELL),
        ["-loss REQUESTED", "-profit LIST"],
    ),
    Story(
        "a leg is not replaced",
        [oto("L", _ENTRY, *_children())],
        replace("r", "in"),
        ["no: an order of a list cannot be replaced"],
    ),
    Story(
        "all legs are refused for the sake of one",
        [],
        oco("L", buy("a", 1, 100), buy("b", 1, 100, tif=IOC)),
        ["no: leg 2 of the list was refused", "no: a leg of a list cannot be IOC or FOK"],
    ),
]

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
]

AUCTIONS = [
    Story(
        "one price for all, and what was for this auction only is over",
        [
            buy("b", 3, 102),
            sell("s", 1, 99),
            sell("t", 1, 100),
            buy("only", 1, 98, tif=TimeInForce.AT_THE_OPENING),
            market("m", SELL, qty(2), 101 * PX, tif=DAY),
        ],
        phase(CONTINUOUS),
        [
            "uncross 3 at 101",
            "b trades 1 at 101 with s",
            "b trades 1 at 101 with t",
            "b trades 1 at 101 with m",
            "-only AUCTION_OVER",
            "-m IMMEDIATE_REMAINDER",
            "auction 3 at 101",
            "CONTINUOUS",
        ],
        {"phase": OPENING},
    ),
    Story(
        "all-or-none takes no part",
        [buy("b", 1, 102, special=AON), sell("s", 1, 99)],
        phase(CONTINUOUS),
        [
            "uncross 0 at 0",
            "auction 0 at 0",
            "CONTINUOUS",
            "ENTERED b 1@102",
            "b trades 1 at 99 with s",
        ],
        {"phase": OPENING},
    ),
    Story(
        "what waits for the close joins it, and pegs are parked",
        [buy("c", 1, 99, tif=TimeInForce.AT_THE_CLOSE), buy("b", 1, 98), pegged("p", BUY, px=110 * PX)],
        phase(CLOSING),
        ["CLOSING_AUCTION", "ENTERED c 1@99", "PARKED p 1@110 TOUCH"],
    ),
    Story(
        "and waits on outside it",
        [phase(CLOSING), buy("c", 1, 99, tif=TimeInForce.AT_THE_CLOSE)],
        phase(TradingPhase.PRE_OPEN),
        ["PRE_OPEN", "PARKED c 1@99 AUCTION"],
    ),
    Story(
        "a reserve order trades with all of it",
        [reserve("ice", BUY, qty(1), qty(4)), sell("s", 3, 100)],
        phase(CONTINUOUS),
        ["uncross 3 at 100", "ice trades 3 at 100 with s", "auction 3 at 100", "CONTINUOUS"],
        {"phase": OPENING},
    ),
]

_VOLATILITY = {"protection": Protection(volatility_rate=SCALE // 20)}

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
        ["+x 1@105", "LimitStateChanged"],
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
]
