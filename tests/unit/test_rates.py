"""Token buckets: what is within a rate, and what a burst is."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.events import SessionOpened
from engine.session_profile import RateAction, SessionProfile
from gateways.rates import RateDefaults, RateLimits, SessionRate, TokenBucket

SECOND = 10**9
PLAIN = SessionOpened(7, "FIX.4.4", "C", "V", "C", "", "F", [], 0)


def rated(per_s: int, burst: int = 0) -> SessionOpened:
    return msgspec.structs.replace(PLAIN, profile=SessionProfile(rate_per_s=per_s, rate_burst=burst))


def test_a_burst_at_once_and_then_the_rate() -> None:
    bucket = TokenBucket(10, 20, 0)
    assert bucket.take(20, 0)
    assert not bucket.take(1, 0)
    assert not bucket.take(1, SECOND // 10 - 1)
    assert bucket.take(1, SECOND // 10)
    assert bucket.room(SECOND) == 9
    assert bucket.room(100 * SECOND) == 20


def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    bucket = TokenBucket(10, 0, 0)
    assert not bucket.take(11, 0)
    assert bucket.take(10, 0)


def test_what_is_urgent_goes_one_burst_deeper_and_is_paid_back() -> None:
    bucket = TokenBucket(10, 10, 0)
    assert bucket.take(10, 0)
    assert [bucket.take_urgent(0) for _ in range(11)] == [True] * 10 + [False]
    assert not bucket.take(1, SECOND)
    assert bucket.take(1, SECOND + SECOND // 10)


@given(st.integers(1, 1000), st.integers(0, 50), st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 60))))
def test_never_more_than_the_burst_and_the_rate(per_s: int, burst: int, batches: list[tuple[int, int]]) -> None:
    bucket = TokenBucket(per_s, burst, 0)
    now = taken = 0
    for after, count in batches:
        now += after
        taken += count * bucket.take(count, now)
        assert taken * SECOND <= bucket.burst * SECOND + now * per_s


def test_a_session_that_comes_back_finds_its_bucket() -> None:
    limits = RateLimits(RateDefaults())
    first = limits.of(rated(1, 5), 0)
    assert first is not None
    assert first.bucket.take(5, 0)
    again = limits.of(rated(1, 5), 0)
    assert again is not None
    assert again.bucket.room(0) == 0


def test_another_limit_gives_no_fresh_burst() -> None:
    limits = RateLimits(RateDefaults())
    first = limits.of(rated(1, 5), 0)
    assert first is not None
    assert first.bucket.take(4, 0)
    wider = limits.of(rated(100, 500), 0)
    assert wider is not None
    assert wider.bucket.room(0) == 1
    assert wider.text == "Message rate exceeded: 100 a second"


def test_the_venue_s_rate_is_for_those_without() -> None:
    limits = RateLimits(RateDefaults(7, 9, RateAction.DISCONNECT))
    common = limits.of(PLAIN, 0)
    assert common is not None
    assert (common.bucket.per_s, common.bucket.burst, common.action) == (7, 9, RateAction.DISCONNECT)
    own = limits.of(rated(3), 0)
    assert own is not None
    assert (own.bucket.per_s, own.bucket.burst, own.action) == (3, 3, RateAction.REJECT)
    assert RateLimits(RateDefaults()).of(PLAIN, 0) is None


def test_a_connection_sees_another_rate_as_soon_as_the_session_has_it() -> None:
    rate = SessionRate(RateLimits(RateDefaults()), lambda: 0)
    assert rate.now(PLAIN) is None
    session = rated(5)
    limit = rate.now(session)
    assert limit is not None
    assert rate.now(session) is limit
    changed = rate.now(rated(7))
    assert changed is not None
    assert changed.bucket.per_s == 7
    assert rate.now(PLAIN) is None
