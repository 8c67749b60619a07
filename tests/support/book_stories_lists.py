"""Examples of lists (docs/order-book.md §3)."""

from __future__ import annotations

from book_story import AON, PX, Story, buy, qty, sell
from engine_builders import IOC, SELL, bracket, cancel, oco, oto, replace, special, stop

from engine.commands import CancelList, NewList, NewOrder
from engine.types import SelfTrade, TimeInForce


def _children() -> tuple[NewOrder, NewOrder]:
    return sell("profit", 4, 105), stop("loss", SELL, 95 * PX, qty(4), 94 * PX)


_ENTRY = buy("in", 4, 100)
_AON_CANCELS_OLDEST = special(all_or_none=True, self_trade=SelfTrade.CANCEL_OLDEST)


def _two_children(first: int, second: int) -> NewList:
    """Of an entry for 4, both selling."""
    return oto("L", _ENTRY, sell("a", first, 105), sell("b", second, 106))


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
        "a leg in the way of another one of its list: all go by OrderID, the incoming one in its place",
        [],
        oco(
            "L",
            sell("a", 4, 100),
            buy("b", 4, 90),
            buy("c", 4, 100, special=special(self_trade=SelfTrade.CANCEL_OLDEST)),
            buy("d", 4, 91),
        ),
        [
            "+a 4@100 TURN",
            "+b 4@90 TURN",
            "+c 4@100 TURN",
            "+d 4@91 TURN",
            "ENTERED a 4@100",
            "ENTERED b 4@90",
            "ENTERED c 4@100",
            "-a SELF_TRADE",
            "-b LIST",
            "-c LIST",
            "-d LIST",
        ],
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
        "one cancels the other: the list is cancelled, and each leg for its own sake",
        [oco("L", sell("a", 4, 105), sell("b", 4, 106))],
        CancelList(1, "L", 2, 1),
        ["ListCanceled", "-a REQUESTED", "-b REQUESTED"],
    ),
    Story(
        "a bracket is cancelled while its entry is filled in part: no child comes in",
        [bracket("L", _ENTRY, *_children()), sell("s", 1, 100)],
        CancelList(1, "L", 2, 1),
        ["ListCanceled", "-in REQUESTED", "-profit REQUESTED", "-loss REQUESTED"],
    ),
    Story(
        "a list is cancelled of which one leg has ended",
        [oto("L", _ENTRY, *_children()), cancel("c", "profit", side=SELL)],
        CancelList(1, "L", 2, 1),
        ["ListCanceled", "-in REQUESTED", "-loss REQUESTED"],
    ),
    Story(
        "another session's list of that name is another list",
        [oco("L", sell("a", 4, 105), sell("b", 4, 106))],
        CancelList(2, "L", 3, 1),
        ["ListCanceled"],
    ),
    Story(
        "a list that has ended has no name left",
        [oco("L", sell("a", 4, 105), sell("b", 4, 106)), CancelList(1, "L", 2, 1)],
        CancelList(1, "L", 2, 1),
        ["ListCanceled"],
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
    Story(
        "one cancels the other when it gives way to it in self-trade prevention",
        [],
        oco("L", sell("a", 1, 100), buy("b", 1, 100, special=special(self_trade=SelfTrade.CANCEL_OLDEST))),
        ["+a 1@100 TURN", "+b 1@100 TURN", "ENTERED a 1@100", "ENTERED b 1@100", "-a SELF_TRADE", "-b LIST"],
    ),
    Story(
        "an all-or-none leg is not partly executed against its own other leg",
        [oco("L", sell("a", 2, 100), buy("b", 5, 100, special=AON))],
        sell("t", 3, 100),
        ["+t 3@100"],
    ),
    Story(
        "though its first fill by another order cancels that leg",
        [sell("s", 2, 100), oco("L", sell("a", 2, 100), buy("b", 5, 100, special=AON))],
        sell("t", 3, 100),
        [
            "+t 3@100",
            "ENTERED b 5@100",
            "b trades 2 at 100 with s",
            "-a LIST",
            "b trades 3 at 100 with t",
        ],
    ),
    Story(
        "nor past it, where it would cancel that leg and so itself",
        [
            oco("L", sell("a", 1, 100), buy("b", 2, 100, special=_AON_CANCELS_OLDEST)),
            sell("t", 1, 100, account_id=4),
        ],
        sell("u", 1, 100, account_id=4),
        ["+u 1@100"],
    ),
    Story(
        "two children of an OTO sell together no more than was bought",
        [_two_children(2, 2), sell("s", 3, 100)],
        cancel("c", "in"),
        [
            "-in REQUESTED",
            "ENTRY_CUT b 1@106 ENTRY",
            "ENTRY a 2@105 TURN",
            "ENTRY b 1@106 TURN",
            "ENTERED a 2@105",
            "ENTERED b 1@106",
        ],
    ),
    Story(
        "one for which nothing is left is cancelled",
        [_two_children(2, 2), sell("s", 2, 100)],
        cancel("c", "in"),
        ["-in REQUESTED", "-b LIST", "ENTRY a 2@105 TURN", "ENTERED a 2@105"],
    ),
    Story(
        "the first of them is cut too where less was bought than it sells",
        [_two_children(2, 2), sell("s", 1, 100)],
        cancel("c", "in"),
        ["-in REQUESTED", "ENTRY_CUT a 1@105 ENTRY", "-b LIST", "ENTRY a 1@105 TURN", "ENTERED a 1@105"],
    ),
    Story(
        "what went beyond the entry from the start is sold as well",
        [_two_children(3, 2), sell("s", 2, 100)],
        cancel("c", "in"),
        [
            "-in REQUESTED",
            "ENTRY_CUT a 2@105 ENTRY",
            "ENTRY_CUT b 1@106 ENTRY",
            "ENTRY a 2@105 TURN",
            "ENTRY b 1@106 TURN",
            "ENTERED a 2@105",
            "ENTERED b 1@106",
        ],
    ),
    Story(
        "a child that is larger than its entry is not cut when that is filled completely",
        [_two_children(6, 1)],
        sell("s", 4, 100),
        [
            "+s 4@100",
            "s trades 4 at 100 with in",
            "ENTRY a 6@105 TURN",
            "ENTRY b 1@106 TURN",
            "ENTERED a 6@105",
            "ENTERED b 1@106",
        ],
    ),
    Story(
        "nor is one that buys as its entry does",
        [oto("L", _ENTRY, buy("more", 6, 90))],
        sell("s", 4, 100),
        ["+s 4@100", "s trades 4 at 100 with in", "ENTRY more 6@90 TURN", "ENTERED more 6@90"],
    ),
    Story(
        "which is cut to the part that was filled where that is all",
        [oto("L", _ENTRY, buy("more", 6, 90)), sell("s", 3, 100)],
        cancel("c", "in"),
        ["-in REQUESTED", "ENTRY_CUT more 3@90 ENTRY", "ENTRY more 3@90 TURN", "ENTERED more 3@90"],
    ),
    Story(
        "a released child that is for the close waits for its auction",
        [oto("L", _ENTRY, sell("a", 4, 105, tif=TimeInForce.AT_THE_CLOSE))],
        sell("s", 4, 100),
        ["+s 4@100", "s trades 4 at 100 with in", "ENTRY a 4@105 TURN", "PARKED a 4@105 AUCTION"],
    ),
]
