"""Every example of the book's rules."""

from __future__ import annotations

from book_stories_around import AMENDING, AUCTIONS, LISTS, PROTECTION
from book_stories_matching import MATCHING, PEGS, SELF_TRADE, TRIGGERS

STORIES = [*MATCHING, *SELF_TRADE, *TRIGGERS, *PEGS, *LISTS, *AMENDING, *AUCTIONS, *PROTECTION]
