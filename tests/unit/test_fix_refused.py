"""How often a session's client has been refused on its host: bounded, whoever asks."""

from __future__ import annotations

from gateways.fix.refused import CLIENTS_MAX, TIMES_MAX, RefusedLogons

KEY = ("FIX.4.4", "BROKER1", "TRADEENGINE")
HOST = "192.0.2.1"


def test_each_session_has_its_count_and_gives_it_once() -> None:
    refusals = RefusedLogons()
    for key in (KEY, KEY, ("FIX.4.2", *KEY[1:])):
        refusals.add(key, HOST)
    assert [refusals.take(KEY, HOST) for _ in range(2)] == [2, 0]
    assert refusals.take(("FIX.4.2", *KEY[1:]), HOST) == 1


def test_what_another_host_was_refused_is_not_the_clients() -> None:
    refusals = RefusedLogons()
    for host in (HOST, "192.0.2.2", "192.0.2.2", "2001:db8::1"):
        refusals.add(KEY, host)
    assert refusals.take(KEY, HOST) == 1
    assert refusals.take(KEY, "192.0.2.3") == 0
    assert refusals.take(KEY, "192.0.2.2") == 2


def test_the_longest_unrefused_is_forgotten_first() -> None:
    refusals = RefusedLogons()
    for number in range(CLIENTS_MAX):
        refusals.add(("FIX.4.4", str(number), "TRADEENGINE"), HOST)
    refusals.add(("FIX.4.4", "0", "TRADEENGINE"), HOST)
    refusals.add(("FIX.4.4", "0", "TRADEENGINE"), "192.0.2.2")
    kept = [refusals.take(("FIX.4.4", name, "TRADEENGINE"), HOST) for name in ("0", "1", "2")]
    assert kept == [2, 0, 1]


def test_counts_and_names_are_bounded() -> None:
    refusals = RefusedLogons()
    for _ in range(TIMES_MAX + 5):
        refusals.add(KEY, HOST)
    assert refusals.take(KEY, HOST) == TIMES_MAX
    refusals.add(("FIX.4.4", "X" * 65, "TRADEENGINE"), HOST)
    assert refusals.take(("FIX.4.4", "X" * 65, "TRADEENGINE"), HOST) == 0
