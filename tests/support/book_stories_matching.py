"""Examples of continuous matching and of the reactions to it (docs/order-book.md §2)."""

from __future__ import annotations

from book_story import AON, HIDDEN, PX, Story, buy, qty, sell, trade_at
from engine_builders import (
    BUY,
    DAY,
    FOK,
    IOC,
    SELL,
    cancel,
    market,
    oco,
    pegged,
    reference_price,
    reserve,
    special,
    stop,
    touched,
    trailing,
)

from engine.commands import NewOrder
from engine.types import (
    SCALE,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    TriggerSource,
)

MATCHING = [
    Story(
        "price, then displayed before hidden, then time",
        [sell("hidden", 1, 100, special=HIDDEN), sell("first", 1, 100), sell("dear", 1, 101), sell("next", 1, 100)],
        buy("x", 4, 101),
        [
            "+x 4@101",
            "x trades 1 at 100 with first",
            "x trades 1 at 100 with next",
            "x trades 1 at 100 with hidden",
            "x trades 1 at 101 with dear",
        ],
    ),
    Story(
        "a reserve order shows its next part at the end of the queue",
        [reserve("ice", SELL, qty(2), qty(5)), sell("plain", 1, 100)],
        buy("x", 6, 100),
        [
            "+x 6@100",
            "x trades 2 at 100 with ice",
            "x trades 1 at 100 with plain",
            "x trades 2 at 100 with ice",
            "x trades 1 at 100 with ice",
        ],
    ),
    Story(
        "a resting all-or-none order is passed over by less",
        [sell("all", 5, 100, special=AON), sell("some", 1, 101)],
        buy("x", 3, 101),
        ["+x 3@101", "x trades 1 at 101 with some"],
    ),
    Story(
        "an incoming all-or-none order that can't be met rests without having traded",
        [sell("some", 3, 100)],
        buy("x", 4, 100, special=AON),
        ["+x 4@100"],
    ),
    Story(
        "it enters again when it can be met",
        [sell("some", 3, 100), buy("x", 4, 100, special=AON)],
        sell("more", 1, 99),
        ["+more 1@99", "ENTERED x 4@100", "x trades 1 at 99 with more", "x trades 3 at 100 with some"],
    ),
    Story(
        "a minimum quantity is met by several orders",
        [sell("one", 1, 100), sell("two", 2, 101)],
        buy("x", 9, 101, special=special(min_qty=qty(3)), tif=IOC),
        [
            "+x 9@101",
            "x trades 1 at 100 with one",
            "x trades 2 at 101 with two",
            "-x IMMEDIATE_REMAINDER",
        ],
    ),
    Story(
        "or not at all",
        [sell("one", 1, 100)],
        buy("x", 9, 101, special=special(min_qty=qty(3)), tif=IOC),
        ["+x 9@101", "-x MINIMUM_QUANTITY"],
    ),
    Story("fill or kill", [sell("one", 1, 100)], buy("x", 2, 100, tif=FOK), ["+x 2@100", "-x FILL_OR_KILL"]),
    Story(
        "legs of an OCO are not both there for an all-or-none order",
        [oco("L", sell("a", 2, 100), sell("b", 2, 101))],
        buy("x", 4, 101, special=AON),
        ["+x 4@101"],
    ),
    Story(
        "a market order's remainder is cancelled whatever its time in force",
        [sell("one", 1, 100)],
        market("x", BUY, qty(2), 110 * PX, tif=DAY),
        ["+x 2@110", "x trades 1 at 100 with one", "-x IMMEDIATE_REMAINDER"],
    ),
    Story(
        "market-to-limit takes the best price and rests there",
        [sell("one", 1, 100), sell("two", 1, 101)],
        market("x", BUY, qty(2), 110 * PX, tif=DAY, ord_type=OrdType.MARKET_TO_LIMIT),
        ["+x 2@100", "x trades 1 at 100 with one"],
    ),
    Story(
        "market-to-limit without an opposite price",
        [sell("one", 1, 120)],
        market("x", BUY, qty(2), 110 * PX, tif=DAY, ord_type=OrdType.MARKET_TO_LIMIT),
        ["+x 2@110", "-x NO_LIQUIDITY"],
    ),
    Story(
        "post-only meets a hidden order",
        [sell("one", 1, 100, special=HIDDEN)],
        buy("x", 1, 100, special=special(post_only=PostOnly.REJECT)),
        ["no: post-only order would take"],
    ),
    Story(
        "post-only, repriced",
        [sell("one", 1, 100, special=HIDDEN)],
        buy("x", 1, 105, special=special(post_only=PostOnly.REPRICE)),
        ["+x 1@99.99"],
    ),
]


def _own(mode: SelfTrade, scope: SelfTradeScope = SelfTradeScope.ACCOUNT, account_id: int = 2) -> NewOrder:
    terms = special(self_trade=mode, self_trade_scope=scope)
    return buy("x", 3, 101, special=terms, account_id=account_id)


_OWN_FIRST = [sell("mine", 1, 100), sell("theirs", 1, 101, account_id=4)]

SELF_TRADE = [
    Story("cancel newest", _OWN_FIRST, _own(SelfTrade.CANCEL_NEWEST), ["+x 3@101", "-x SELF_TRADE"]),
    Story(
        "cancel oldest",
        _OWN_FIRST,
        _own(SelfTrade.CANCEL_OLDEST),
        ["+x 3@101", "-mine SELF_TRADE", "x trades 1 at 101 with theirs"],
    ),
    Story("cancel both", _OWN_FIRST, _own(SelfTrade.CANCEL_BOTH), ["+x 3@101", "-mine SELF_TRADE", "-x SELF_TRADE"]),
    Story(
        "decrement",
        _OWN_FIRST,
        _own(SelfTrade.DECREMENT),
        ["+x 3@101", "-mine SELF_TRADE", "SELF_TRADE x 2@101", "x trades 1 at 101 with theirs"],
    ),
    Story(
        "of the same firm",
        _OWN_FIRST,
        _own(SelfTrade.CANCEL_NEWEST, SelfTradeScope.FIRM, account_id=3),
        ["+x 3@101", "-x SELF_TRADE"],
    ),
    Story(
        "of another firm",
        _OWN_FIRST,
        _own(SelfTrade.CANCEL_NEWEST, SelfTradeScope.FIRM, account_id=4),
        ["+x 3@101", "x trades 1 at 100 with mine", "-x SELF_TRADE"],
    ),
]

TRIGGERS = [
    Story("a stop waits", trade_at(100), stop("x", BUY, 102 * PX, px=110 * PX), ["+x 1@110 TRIGGER 102"]),
    Story(
        "a stop whose condition holds triggers at once",
        trade_at(100),
        stop("x", SELL, 100 * PX, px=90 * PX),
        ["+x 1@90 TRIGGER 100", "TRIGGER x 1@90 TURN", "ENTERED x 1@90"],
    ),
    Story(
        "a trade elects, and what was elected is worked after it",
        [*trade_at(100), stop("x", BUY, 102 * PX, px=103 * PX), sell("s", 1, 102), sell("t", 1, 103)],
        buy("b", 1, 102, account_id=4),
        [
            "+b 1@102",
            "b trades 1 at 102 with s",
            "TRIGGER x 1@103 TURN",
            "ENTERED x 1@103",
            "x trades 1 at 103 with t",
        ],
    ),
    Story(
        "a take-profit triggers the other way round",
        [*trade_at(100), touched("x", SELL, 102 * PX, limit=102 * PX)],
        buy("b", 1, 102),
        ["+b 1@102"],
    ),
    Story(
        "by the quote",
        [touched("x", SELL, 102 * PX, limit=102 * PX, source=TriggerSource.BEST_BID)],
        buy("b", 1, 102),
        ["+b 1@102", "TRIGGER x 1@102 TURN", "ENTERED x 1@102", "x trades 1 at 102 with b"],
    ),
    Story(
        "by the reference price",
        [stop("x", BUY, 102 * PX, px=110 * PX, source=TriggerSource.REFERENCE)],
        reference_price(102 * PX),
        ["ReferencePriceSet", "TRIGGER x 1@110 TURN", "ENTERED x 1@110"],
    ),
    Story(
        "a triggered market order is protected around its stop price",
        [*trade_at(100), stop("x", SELL, 98 * PX, px=50 * PX, ord_type=OrdType.MARKET), buy("b", 1, 98)],
        sell("s", 1, 98, account_id=4),
        [
            "+s 1@98",
            "s trades 1 at 98 with b",
            "TRIGGER x 1@50 TURN",
            "ENTERED x 1@88.2",
            "-x IMMEDIATE_REMAINDER",
        ],
    ),
    Story(
        "a trailing stop starts at its distance",
        trade_at(100),
        trailing("x", SELL, 2 * PX, px=90 * PX),
        ["+x 1@90 TRIGGER 98"],
    ),
    Story(
        "it follows, and a limit with it",
        [*trade_at(100), trailing("x", SELL, 2 * PX, px=90 * PX), sell("s", 1, 103)],
        buy("b", 1, 103),
        ["+b 1@103", "b trades 1 at 103 with s", "TRAIL x 1@93 TRIGGER 101"],
    ),
    Story(
        "a distance by rate is rounded away from the watched price",
        trade_at(100.01),
        trailing("x", BUY, rate=SCALE // 1000, px=110 * PX),
        ["+x 1@110 TRIGGER 100.12"],
    ),
    Story("nothing to trail", [], trailing("x", SELL, 2 * PX, px=90 * PX), ["no: no price to trail"]),
    Story(
        "a record holds so many entries; the next one goes on",
        [*trade_at(100), *(stop(f"x{n}", BUY, 101 * PX, px=101 * PX) for n in range(3)), sell("s", 1, 101)],
        buy("b", 1, 101, account_id=4),
        [
            "+b 1@101",
            "b trades 1 at 101 with s",
            *(f"TRIGGER x{n} 1@101 TURN" for n in range(3)),
            *(f"ENTERED x{n} 1@101" for n in range(3)),
        ],
        cascade_max=2,
    ),
]

PEGS = [
    Story("a peg with nothing to follow waits", [], pegged("x", BUY, px=110 * PX), ["+x 1@110 TOUCH"]),
    Story(
        "it follows its own side",
        [pegged("x", BUY, offset=-PX, px=110 * PX)],
        buy("b", 1, 100),
        ["+b 1@100", "PEG x 1@99"],
    ),
    Story(
        "not beyond its limit",
        [buy("b", 1, 100)],
        pegged("x", BUY, px=99 * PX),
        ["+x 1@99"],
    ),
    Story(
        "the midpoint is rounded down for buys",
        [buy("b", 1, 100), sell("s", 1, 100.03)],
        pegged("x", BUY, PegKind.MIDPOINT, px=110 * PX),
        ["+x 1@100.01"],
    ),
    Story(
        "a peg to the other side takes, then has nothing left to follow",
        [sell("s", 1, 101)],
        pegged("x", BUY, PegKind.MARKET, qty=qty(2), px=110 * PX),
        ["+x 2@101", "x trades 1 at 101 with s", "PARKED x 1@110 TOUCH"],
    ),
    Story(
        "pegs do not follow pegs",
        [buy("b", 1, 100), pegged("x", BUY, px=110 * PX)],
        cancel("c", "b"),
        ["-b REQUESTED", "PARKED x 1@110 TOUCH"],
    ),
    Story(
        "a post-only peg stays one tick short",
        [buy("b", 1, 100), sell("s", 1, 100.02)],
        pegged("x", BUY, offset=PX, px=110 * PX, special={"post_only": PostOnly.REJECT}),
        ["+x 1@100.01"],
    ),
]
