"""Examples of orders that wait for a price or follow one: triggers and pegs (docs/order-book.md §2, reactions)."""

from __future__ import annotations

from book_story import CLOSING, CONTINUOUS, PX, Story, buy, qty, sell, trade_at
from engine_builders import (
    BUY,
    SELL,
    TICK,
    cancel,
    changes,
    instrument,
    pegged,
    phase,
    reference_price,
    replace,
    stop,
    touched,
    trailing,
)

from engine.commands import ChangeInstrument
from engine.types import INT64_MAX, SCALE, OrdType, PegKind, PostOnly, TriggerSource

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
    Story(
        "a distance greater than the price leaves a stop of one tick",
        trade_at(100),
        trailing("x", SELL, INT64_MAX // TICK * TICK, px=90 * PX),
        ["+x 1@90 TRIGGER 0.01"],
    ),
    Story(
        "and a buy's stop at the highest price that can be written",
        trade_at(100),
        trailing("x", BUY, INT64_MAX // TICK * TICK, px=110 * PX),
        ["+x 1@110 TRIGGER 92233720368.54"],
    ),
    Story(
        "it is rounded to another tick when that is changed",
        [
            ChangeInstrument(instrument(tick_size=PX), "ops"),
            *trade_at(100),
            trailing("x", SELL, rate=SCALE // 40, px=90 * PX),
        ],
        ChangeInstrument(instrument(tick_size=TICK), "ops"),
        ["InstrumentListed", "TRAIL x 1@90.5 TRIGGER 97.5"],
    ),
    Story(
        "by whatever price it goes",
        [
            ChangeInstrument(instrument(tick_size=PX), "ops"),
            trailing("x", SELL, rate=SCALE // 40, px=90 * PX, source=TriggerSource.REFERENCE),
        ],
        ChangeInstrument(instrument(tick_size=TICK), "ops"),
        ["InstrumentListed", "TRAIL x 1@90.5 TRIGGER 97.5"],
    ),
    Story(
        "a rising sweep does not elect the stop that it pulls up",
        [*trade_at(100), trailing("x", SELL, 2 * PX, px=90 * PX), sell("s", 1, 101), sell("t", 1, 103)],
        buy("b", 2, 103),
        ["+b 2@103", "b trades 1 at 101 with s", "b trades 1 at 103 with t", "TRAIL x 1@93 TRIGGER 101"],
    ),
    Story(
        "a falling one after it does",
        [
            *(*trade_at(100), trailing("x", SELL, 2 * PX, px=90 * PX), sell("s", 1, 103), buy("b", 1, 103)),
            *(buy("c", 1, 102), buy("d", 1, 101)),
        ],
        sell("t", 2, 101),
        [
            "+t 2@101",
            "t trades 1 at 102 with c",
            "t trades 1 at 101 with d",
            "TRIGGER x 1@93 TURN",
            "ENTERED x 1@93",
        ],
    ),
    Story(
        "also in the same record",
        [
            *(*trade_at(100), trailing("x", SELL, 2 * PX, px=90 * PX), sell("s", 1, 103), buy("c", 1, 101)),
            touched("t", SELL, 103 * PX, limit=101 * PX),
        ],
        buy("b", 1, 103, account_id=4),
        [
            "+b 1@103",
            "b trades 1 at 103 with s",
            "TRAIL x 1@93 TRIGGER 101",
            "TRIGGER t 1@101 TURN",
            "ENTERED t 1@101",
            "t trades 1 at 101 with c",
            "TRIGGER x 1@93 TURN",
            "ENTERED x 1@93",
        ],
    ),
    Story(
        "a falling sweep does not elect a buy that it pulls down",
        [*trade_at(100), trailing("x", BUY, 2 * PX, px=110 * PX), buy("b", 1, 99), buy("c", 1, 97)],
        sell("s", 2, 97),
        ["+s 2@97", "s trades 1 at 99 with b", "s trades 1 at 97 with c", "TRAIL x 1@107 TRIGGER 99"],
    ),
    Story(
        "a rising one after it does elect it",
        [
            *(*trade_at(100), trailing("x", BUY, 2 * PX, px=110 * PX), buy("b", 1, 97), sell("s", 1, 97)),
            *(sell("t", 1, 98), sell("u", 1, 99)),
        ],
        buy("c", 2, 99),
        [
            "+c 2@99",
            "c trades 1 at 98 with t",
            "c trades 1 at 99 with u",
            "TRIGGER x 1@107 TURN",
            "ENTERED x 1@107",
        ],
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
    Story(
        "a price beyond what can be written is none",
        [sell("s", 1, 100)],
        pegged("x", SELL, offset=INT64_MAX // TICK * TICK, px=90 * PX),
        ["+x 1@90 TOUCH"],
    ),
    Story(
        "one that is not positive neither",
        [buy("b", 1, 100)],
        pegged("x", BUY, offset=-100 * PX, px=110 * PX),
        ["+x 1@110 TOUCH"],
    ),
    Story(
        "and comes in again when it is replaced",
        [buy("b", 1, 100), pegged("x", BUY, offset=-100 * PX, px=110 * PX)],
        replace("y", "x", px=110 * PX, changes=changes(peg_offset=-PX)),
        ["=y 1@99"],
    ),
    Story(
        "replaced while there is nothing to follow, it waits on",
        [pegged("x", BUY, px=110 * PX)],
        replace("y", "x", qty(2), 110 * PX),
        ["=y 2@110 TOUCH"],
    ),
    Story(
        "when continuous trading is back, pegs are back",
        [buy("b", 1, 98), pegged("p", BUY, px=110 * PX), phase(CLOSING)],
        phase(CONTINUOUS),
        ["uncross 0 at 0", "auction 0 at 0", "CONTINUOUS", "PEG p 1@98"],
    ),
]
