"""Every example of the book's rules."""

from __future__ import annotations

from book_stories_auctions import AUCTIONS
from book_stories_following import PEGS, TRIGGERS
from book_stories_limits import AMENDING, PROTECTION
from book_stories_lists import LISTS
from book_stories_matching import MATCHING, SELF_TRADE

STORIES = [*MATCHING, *SELF_TRADE, *TRIGGERS, *PEGS, *LISTS, *AMENDING, *AUCTIONS, *PROTECTION]
