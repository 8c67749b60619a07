"""How often a session's client has been refused: bounded, whoever asks."""

from __future__ import annotations

from gateways.fix.refused import SESSIONS_MAX, TIMES_MAX, RefusedLogons

KEY = ("FIX.4.4", "BROKER1", "TRADEENGINE")


def test_each_session_has_its_count_and_gives_it_once() -> None:
    refusals = RefusedLogons()
    for key in (KEY, KEY, ("FIX.4.2", *KEY[1:])):
        refusals.add(key)
    assert [refusals.take(KEY) for _ in range(2)] == [2, 0]
    assert refusals.take(("FIX.4.2", *KEY[1:])) == 1


def test_the_longest_unrefused_is_forgotten_first() -> None:
    refusals = RefusedLogons()
    for number in range(SESSIONS_MAX):
        refusals.add(("FIX.4.4", str(number), "TRADEENGINE"))
    refusals.add(("FIX.4.4", "0", "TRADEENGINE"))
    refusals.add(KEY)
    kept = [refusals.take(key) for key in (KEY, ("FIX.4.4", "0", "TRADEENGINE"), ("FIX.4.4", "1", "TRADEENGINE"))]
    assert kept == [1, 2, 0]


def test_counts_and_names_are_bounded() -> None:
    refusals = RefusedLogons()
    for _ in range(TIMES_MAX + 5):
        refusals.add(KEY)
    assert refusals.take(KEY) == TIMES_MAX
    refusals.add(("FIX.4.4", "X" * 65, "TRADEENGINE"))
    assert refusals.take(("FIX.4.4", "X" * 65, "TRADEENGINE")) == 0
