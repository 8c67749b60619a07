"""The words of ``tradeengine trade``, for people: what ``--help`` and the prompt's ``help`` list. Imports nothing."""

from __future__ import annotations

USAGE = (
    ("buy SYMBOL QTY @ PRICE [CLAUSE ...]", "a limit order; without @ PRICE say market, mtl, peg, stop, take or trail"),
    ("sell SYMBOL QTY ...", "the same, to sell"),
    ("cancel ID", "an open order, by its ClOrdID or, with a # before it, by its OrderID"),
    ("replace ID [QTY] [@ PRICE] ...", "change an open order; QTY is the new total; also stop, show, min, offset, gtd"),
    ("mass-cancel [SYMBOL] [SIDE]", "all open orders, or those of a symbol, a side, or both"),
    ("orders [SYMBOL]", "open orders"),
    ("status ID", "one order of this trading day, open or ended"),
    ("book SYMBOL [LEVELS]", "the best prices of both sides, 10 unless told"),
    ("instruments", "what can be traded, and by which rules"),
    ("watch [NUMBER]", "follow reports: from NUMBER on (1 is the first), or just what is new"),
)
"""Each command's words and what it does."""

LISTS = (
    ("ORDER or ORDER", "one cancels the other: sell AAPL 10 @ 240 or sell stop 225"),
    ("ORDER then ORDER [and ORDER]", "the first, once filled, releases the rest: buy AAPL 10 @ 230 then sell stop 225"),
    ("ORDER then ORDER or ORDER", "a bracket: buy AAPL 10 @ 230 then sell @ 240 or sell stop 225"),
)
"""Orders that hang together; what is left out after the first (symbol, quantity) is the first's."""

CLAUSES = (
    ("market, mtl", "at the best prices there are, within the protection band; mtl: what is left rests at the first"),
    ("stop PRICE", "active when the market reaches PRICE: with @ a stop-limit, without a stop"),
    ("take PRICE", "active when the market comes back to PRICE: take-profit, if-touched"),
    ("trail 1.5, trail 2%", "a stop that follows the market at this distance; [from PRICE] where it starts"),
    ("on last, bid, offer, reference", "which price stop, take and trail watch: last unless told"),
    ("peg mid, primary, market", "follows that price; [+0.01] away from it, @ PRICE at most"),
    ("post-only [reprice]", "never takes: refused, or put one tick short of the other side"),
    ("show QTY [vary QTY]", "an iceberg: only so much is shown at a time"),
    ("hidden", "nothing of it is shown"),
    ("min QTY, aon", "trades at least QTY at a time; all or none"),
    ("reduce-only", "only what reduces a position"),
    ("stp newest, oldest, both, decrement", "who gives way where it would trade with the account's own orders; [firm]"),
    ("gtc, day, ioc, fok", "how long it stays: gtc unless told"),
    ("opg, atc, gfa", "for the opening auction, the closing one, or whichever comes first"),
    ("gtd 2026-12-24T15:00Z", "until then"),
)
"""What may follow an order's quantity, in any order."""

PROMPT_USAGE = (("help", "this list"), ("quit", "leave; open orders stay open (Ctrl-D does the same)"))
"""What only the prompt knows."""
