"""The words of ``tradeengine trade``, for people: what ``--help`` and the prompt's ``help`` list. Imports nothing."""

from __future__ import annotations

USAGE = (
    ("buy SYMBOL QTY @ PRICE [TIF]", "a limit order; TIF is gtc (the default), day, ioc or fok"),
    ("buy SYMBOL QTY market [TIF]", "at the best prices there are, within the instrument's protection band"),
    ("sell SYMBOL QTY ...", "the same, to sell"),
    ("cancel ID", "an open order, by its ClOrdID or, with a # before it, by its OrderID"),
    ("replace ID QTY [@ PRICE]", "change an open order; QTY is the new total, what has been filled included"),
    ("mass-cancel [SYMBOL] [SIDE]", "all open orders, or those of a symbol, a side, or both"),
    ("orders [SYMBOL]", "open orders"),
    ("status ID", "one order of this trading day, open or ended"),
    ("book SYMBOL [LEVELS]", "the best prices of both sides, 10 unless told"),
    ("instruments", "what can be traded, and by which rules"),
    ("watch [NUMBER]", "follow reports: from NUMBER on (1 is the first), or just what is new"),
)
"""Each command's words and what it does."""

PROMPT_USAGE = (("help", "this list"), ("quit", "leave; open orders stay open (Ctrl-D does the same)"))
"""What only the prompt knows."""
