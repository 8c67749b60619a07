"""UserRequests: the user's status, and a password that is changed by the venue and answered when that is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fix_venue import NOW, client_frame, session_opened

from gateways.fix.codec import parse
from gateways.fix.refusals import BusinessRefusal, FieldRefusal
from gateways.fix.services import PasswordKept
from gateways.fix.users import Users

LATER = NOW + 40_000_000


class Venue:
    """Changes passwords when the test says so."""

    def __init__(self, *, can_change: bool = True) -> None:
        self.said: list[tuple[str, str, int]] = []
        self.asked: list[tuple[str, str]] = []
        self.ends: list[Callable[[PasswordKept | None, int], None]] = []
        self.users = Users(self._send, session_opened(), self._change if can_change else None)

    def _send(self, msg_type: str, body: str, now_ns: int) -> None:
        self.said.append((msg_type, body.replace("\x01", "|"), now_ns))

    def _change(self, old: str, new: str, done: Callable[[PasswordKept | None, int], None]) -> None:
        self.asked.append((old, new))
        self.ends.append(done)

    def request(self, body: str) -> None:
        self.users.request(parse(client_frame("BE", 2, body)), NOW)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("923=U1|924=4|553=BROKER1", "553=BROKER1|926=1|"),
        ("923=U1|924=1|553=BROKER1|554=whatever", "553=BROKER1|926=1|"),
        ("923=U1|924=2|553=BROKER1", "553=BROKER1|926=6|927=a user logs off by the session's Logout (35=5)|"),
        ("923=U1|924=5|553=BROKER1", "553=BROKER1|926=6|927=UserRequestType 5 is not supported|"),
        ("923=U1|924=4|553=SOMEBODY", "553=SOMEBODY|926=3|927=the session's user is another|"),
        ("923=U1|924=3|553=SOMEBODY|554=a|925=b", "553=SOMEBODY|926=3|927=the session's user is another|"),
    ],
)
def test_answers_at_once(body: str, answer: str) -> None:
    venue = Venue()
    venue.request(body)
    assert venue.said == [("BF", f"923=U1|{answer}", NOW)]
    assert not venue.asked


@pytest.mark.parametrize(
    ("kept", "answer"),
    [
        (None, "926=5|"),
        (
            PasswordKept("the password is not the session's", is_wrong=True),
            "926=4|927=the password is not the session's|",
        ),
        (PasswordKept("too short"), "926=6|927=too short|"),
    ],
)
def test_a_password_is_changed_in_the_background(kept: PasswordKept | None, answer: str) -> None:
    venue = Venue()
    venue.request("923=U1|924=3|553=BROKER1|554=old|925=new")
    assert venue.asked == [("old", "new")]
    assert not venue.said
    venue.ends[0](kept, LATER)
    assert venue.said == [("BF", f"923=U1|553=BROKER1|{answer}", LATER)]


def test_one_change_at_a_time() -> None:
    venue = Venue()
    venue.request("923=U1|924=3|553=BROKER1|554=old|925=new")
    venue.request("923=U2|924=3|553=BROKER1|554=old|925=newer")
    assert venue.asked == [("old", "new")]
    assert venue.said == [("BF", "923=U2|553=BROKER1|926=6|927=a change of the password is under way|", NOW)]
    venue.ends[0](None, LATER)
    venue.request("923=U3|924=3|553=BROKER1|554=new|925=newest")
    assert venue.asked[1:] == [("new", "newest")]


def test_nothing_is_said_to_a_connection_that_is_gone() -> None:
    venue = Venue()
    venue.request("923=U1|924=3|553=BROKER1|554=old|925=new")
    venue.users.close()
    venue.ends[0](None, LATER)
    assert not venue.said


def test_where_nobody_can_change_passwords() -> None:
    venue = Venue(can_change=False)
    venue.request("923=U1|924=3|553=BROKER1|554=old|925=new")
    assert venue.said == [("BF", "923=U1|553=BROKER1|926=6|927=passwords are not changed here|", NOW)]


@pytest.mark.parametrize("missing", ["554=old", "925=new"])
def test_both_passwords_are_needed(missing: str) -> None:
    venue = Venue()
    with pytest.raises(BusinessRefusal) as refused:
        venue.request("923=U1|924=3|553=BROKER1|554=old|925=new".replace(f"|{missing}", ""))
    assert (refused.value.reason, refused.value.ref_id) == (5, "U1")


@pytest.mark.parametrize(("change", "tag"), [("924=9", "924"), ("924=33", "924")])
def test_what_is_out_of_range(change: str, tag: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        Venue().request(f"923=U1|{change}|553=BROKER1")
    assert (refused.value.reason, refused.value.tag) == (5, tag)
