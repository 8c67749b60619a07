"""Parties that name the account of an order, a change or a mass cancel."""

from __future__ import annotations

import pytest
from fix_asked import ORDER, read_body
from fix_venue import NOW_TEXT

from engine.commands import CancelOrder, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.types import CxlRejReason, OrdRejReason
from gateways.fix.refusals import FieldRefusal

EVERY = pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
BODY = "|".join(f"{tag}={value}" for tag, value in ORDER.items())
CHANGE = f"11=C2|41=C1|21=1|55=BTC/USD|54=1|60={NOW_TEXT}|38=1|40=2|44=100"
MASS = f"11=C9|530=7|60={NOW_TEXT}"


def parties(*named: tuple[str, str]) -> str:
    group = "|".join(f"448={name}|447=D|452={role}" for name, role in named)
    return f"|453={len(named)}|{group}"


def test_the_account_stands_where_it_is_told_to() -> None:
    """The parties of the message alone: what follows their group is no party."""
    command = read_body("D", BODY + parties(("A2", "24")) + "|58=452")
    assert isinstance(command, NewOrder)
    assert command.account_id == 12


@EVERY
@pytest.mark.parametrize(
    ("named", "account_id"),
    [
        ([("A2", "24")], 12),
        ([("A2", "38")], 12),
        ([("A2", "3")], 12),
        ([("A2", "24"), ("A2", "38"), ("X9", "3")], 12),
        ([("X9", "1"), ("X9", "11"), ("A2", "24")], 12),
        ([("X9", "1")], 11),
        ([("A1", "24"), ("A2", "24")], 11),
    ],
)
def test_who_the_order_is_for(named: list[tuple[str, str]], account_id: int, begin_string: str) -> None:
    command = read_body("D", BODY + parties(*named), begin_string)
    assert isinstance(command, NewOrder)
    assert command.account_id == account_id


def test_account_and_parties_may_say_the_same() -> None:
    command = read_body("D", BODY + "|1=A2" + parties(("A2", "24"), ("somebody", "3")))
    assert isinstance(command, NewOrder)
    assert command.account_id == 12


@EVERY
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("|1=A1" + parties(("A2", "24")), "PartyRole 24 names account A2, another names A1"),
        ("|1=A1" + parties(("A2", "38")), "PartyRole 38 names account A2, another names A1"),
        (parties(("A1", "24"), ("A2", "38")), "PartyRole 38 names account A2, another names A1"),
        (parties(("X9", "24")), "Unknown account X9"),
        (parties(("nobody", "3")), "Unknown account nobody"),
    ],
)
def test_parties_that_are_refused(body: str, text: str, begin_string: str) -> None:
    command = read_body("D", BODY + body, begin_string)
    assert isinstance(command, RejectCommand)
    assert (command.reason, command.text) == (OrdRejReason.UNKNOWN_ACCOUNT, text)
    assert (command.command.in_from, command.command.in_seq) == (6, 9)


@EVERY
def test_changes_and_mass_cancels(begin_string: str) -> None:
    for msg_type, body, kind in (("F", CHANGE, CancelOrder), ("G", CHANGE, ReplaceOrder), ("q", MASS, MassCancel)):
        command = read_body(msg_type, body + parties(("A2", "24")), begin_string)
        assert isinstance(command, kind)
        assert command.account_id == 12


@pytest.mark.parametrize(
    ("msg_type", "body", "reason"),
    [("F", CHANGE, CxlRejReason.OTHER), ("G", CHANGE, CxlRejReason.OTHER), ("q", MASS, 99)],
)
def test_contradictions_in_changes(msg_type: str, body: str, reason: int) -> None:
    command = read_body(msg_type, body + "|1=A1" + parties(("A2", "24")))
    assert isinstance(command, RejectCommand)
    assert (command.reason, command.text) == (reason, "PartyRole 24 names account A2, another names A1")


def test_a_refusal_that_stands_already_is_not_covered_up() -> None:
    command = read_body("D", BODY.replace("BTC/USD", "GOLD") + "|1=A1" + parties(("A2", "24")))
    assert isinstance(command, RejectCommand)
    assert command.text == "Unknown symbol GOLD"


def test_a_count_that_is_wrong() -> None:
    with pytest.raises(FieldRefusal) as refused:
        read_body("D", BODY + "|453=2|448=A2|447=D|452=24")
    assert (refused.value.reason, refused.value.tag) == (16, "453")
