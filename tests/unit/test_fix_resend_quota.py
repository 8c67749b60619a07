"""What a client may ask to be sent again within a window."""

from __future__ import annotations

from gateways.fix.resend_quota import ResendQuota
from gateways.fix.settings import FixSettings


def quota(**limits: int) -> ResendQuota:
    return ResendQuota(FixSettings(**limits))  # type: ignore[arg-type]


def test_the_first_request_is_welcome_however_long() -> None:
    asked = quota(resend_messages_max=10)
    assert asked.refuse(1, 1_000_000, 0, 0) == ""
    assert asked.refuse(5, 6, 6, 0) == "ResendRequests for 1000000 messages within 60 s, and now for 5 to 6"


def test_the_same_range_again_and_again() -> None:
    asked = quota(resend_repeats_max=3)
    assert [asked.refuse(5, 6, 6, 0) for _ in range(3)] == [""] * 3
    assert asked.refuse(5, 6, 6, 0) == "More than 3 ResendRequests for 5 to 6 within 60 s"
    assert asked.refuse(5, 7, 7, 0) == ""


def test_all_there_is_again_and_again_while_there_is_more() -> None:
    asked = quota(resend_repeats_max=3)
    assert [asked.refuse(5, end, 0, 0) for end in (6, 8, 9)] == [""] * 3
    assert asked.refuse(5, 12, 0, 0) == "More than 3 ResendRequests for 5 to 12 within 60 s"
    assert asked.refuse(6, 12, 0, 0) == ""


def test_many_different_ranges() -> None:
    asked = quota(resend_requests_max=3)
    assert [asked.refuse(number, number, number, 0) for number in range(1, 4)] == [""] * 3
    assert asked.refuse(4, 4, 4, 0).startswith("ResendRequests for 3 messages")


def test_a_window_later_all_is_forgotten() -> None:
    asked = quota(resend_repeats_max=1)
    assert asked.refuse(1, 1, 1, 59) == ""
    assert asked.refuse(1, 1, 1, 118.75)
    assert asked.refuse(1, 1, 1, 119) == ""
    assert asked.refuse(1, 1, 1, 178.75)
