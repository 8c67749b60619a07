"""Examples of continuous matching and self-trade prevention (docs/order-book.md §2)."""

from __future__ import annotations

from book_story import AON, HIDDEN, PX, Story, buy, qty, sell
from engine_builders import BUY, DAY, FOK, IOC, LOT, SELL, TICK, instrument, market, oco, reserve, special

from engine.combinations import TEXTS
from engine.commands import ChangeInstrument, NewOrder
from engine.types import OrdType, PostOnly, SelfTrade, SelfTradeScope

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
    Story(
        "post-only, repriced, stays on a tick that was enlarged",
        [sell("s", 1, 100.03), ChangeInstrument(instrument(tick_size=5 * TICK), "ops")],
        buy("x", 1, 101, special=special(post_only=PostOnly.REPRICE)),
        ["+x 1@99.95"],
    ),
    Story(
        "which for sells is above",
        [buy("b", 1, 99.97), ChangeInstrument(instrument(tick_size=5 * TICK), "ops")],
        sell("x", 1, 99, special=special(post_only=PostOnly.REPRICE)),
        ["+x 1@100.05"],
    ),
    Story(
        "an all-or-none order keeps its place when it has been passed over",
        [sell("all", 5, 100, special=AON), sell("some", 1, 100), sell("late", 5, 100), buy("b", 1, 100)],
        buy("x", 5, 100),
        ["+x 5@100", "x trades 5 at 100 with all"],
    ),
    Story(
        "it may be cancelled by its list while it is passed over",
        [oco("L", sell("all", 5, 100, special=AON), sell("leg", 1, 100)), sell("third", 1, 100)],
        buy("x", 2, 100),
        ["+x 2@100", "x trades 1 at 100 with leg", "-all LIST", "x trades 1 at 100 with third"],
    ),
    Story(
        "and is then no more in anybody's way",
        [
            *(oco("L", sell("all", 5, 100, special=AON), sell("leg", 1, 100)), sell("third", 2, 100)),
            *(buy("b", 2, 100), sell("late", 4, 100)),
        ],
        buy("x", 5, 100),
        ["+x 5@100", "x trades 1 at 100 with third", "x trades 4 at 100 with late"],
    ),
    Story(
        "hidden orders are behind displayed ones that come later",
        [sell("hidden", 1, 100, special=HIDDEN), sell("ice", 1, 100), reserve("late", SELL, qty(1), qty(3))],
        buy("x", 5, 100),
        [
            "+x 5@100",
            "x trades 1 at 100 with ice",
            "x trades 1 at 100 with late",
            "x trades 1 at 100 with late",
            "x trades 1 at 100 with late",
            "x trades 1 at 100 with hidden",
        ],
    ),
    Story(
        "a thousand parts hold a reserve order",
        [],
        reserve("x", BUY, LOT, 1000 * LOT),
        ["+x 1@100 shows 0.001"],
    ),
    Story(
        "no more of them may be needed",
        [],
        reserve("x", BUY, LOT, 1001 * LOT),
        [f"no: {TEXTS['R2']}"],
    ),
    Story(
        "of the smallest that it may show",
        [],
        reserve("x", BUY, 2 * LOT, 1001 * LOT, display_range=LOT),
        [f"no: {TEXTS['R2']}"],
    ),
]


def _own(mode: SelfTrade, scope: SelfTradeScope = SelfTradeScope.ACCOUNT, account_id: int = 2) -> NewOrder:
    terms = special(self_trade=mode, self_trade_scope=scope)
    return buy("x", 3, 101, special=terms, account_id=account_id)


_FIRM_NEWEST = special(self_trade=SelfTrade.CANCEL_NEWEST, self_trade_scope=SelfTradeScope.FIRM)
_ID_G = special(self_trade=SelfTrade.CANCEL_NEWEST, self_trade_id="G")
_WITH_IDS = [
    sell("none", 1, 100, account_id=3),
    sell("other", 1, 101, special=special(self_trade_id="H")),
    sell("same", 1, 102, special=_ID_G),
]
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
    Story(
        "accounts without a firm are of no common one",
        [sell("s", 1, 100, account_id=5)],
        buy("x", 1, 100, account_id=6, special=_FIRM_NEWEST),
        ["+x 1@100", "x trades 1 at 100 with s"],
    ),
    Story(
        "but one of them does not trade with itself",
        [sell("s", 1, 100, account_id=5)],
        buy("x", 1, 100, account_id=5, special=_FIRM_NEWEST),
        ["+x 1@100", "-x SELF_TRADE"],
    ),
    Story(
        "of one id, within the firm",
        _WITH_IDS,
        buy("x", 9, 104, special=_ID_G, account_id=3),
        ["+x 9@104", "x trades 1 at 100 with none", "x trades 1 at 101 with other", "-x SELF_TRADE"],
    ),
    Story(
        "an id of another firm is another id",
        [sell("g", 1, 100, special=_ID_G)],
        buy("x", 1, 100, special=_ID_G, account_id=4),
        ["+x 1@100", "x trades 1 at 100 with g"],
    ),
    Story(
        "who has no firm has ids of its own",
        [sell("g", 1, 100, special=_ID_G, account_id=5)],
        buy("x", 1, 100, special=_ID_G, account_id=5),
        ["+x 1@100", "-x SELF_TRADE"],
    ),
]
