"""Rules between settings: each refusal is named, and what it guards against does not pass."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from config.credentials import hash_password
from config.errors import ConfigError
from config.loader import load

VENUE: dict[str, Any] = {
    "instruments": [
        {
            "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "tick_size": "0.01", "lot_size": "0.001",
            "min_qty": "0.002", "max_qty": "10", "reference_px": "100",
        },
    ],
    "firms": [{"name": "HARBOR"}, {"name": "SUMMIT"}],
    "accounts": [
        {"name": "A1", "firm": "HARBOR", "balances": {"BTC": "1"}},
        {"name": "A2", "firm": "HARBOR"},
        {"name": "B1", "firm": "SUMMIT"},
    ],
    "sessions": [
        {
            "protocol": "FIX.4.4", "comp_id": "BROKER1", "password": "demo", "firm": "HARBOR",
            "accounts": ["A1"], "default_account": "A1",
        },
        {"protocol": "SOUPBIN", "comp_id": "TRADR1", "password": "demo", "firm": "SUMMIT", "accounts": ["B1"]},
    ],
}  # fmt: skip
FIX, SOUP = 0, 1


def problems(venue: dict[str, Any]) -> list[str]:
    try:
        load(None, {}, venue)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def changed(section: str, index: int, **changes: object) -> dict[str, Any]:
    venue = deepcopy(VENUE)
    venue[section][index].update(changes)
    return venue


def extended(section: str, index: int, **changes: object) -> dict[str, Any]:
    """With a changed copy of one entry added."""
    venue = deepcopy(VENUE)
    venue[section].append({**venue[section][index], **changes})
    return venue


def test_sound_venue_passes() -> None:
    assert problems(VENUE) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"quote": "BTC"}, "quote: 'BTC' is the base of BTC/USDT as well; expected another asset"),
        (
            {"lot_size": "0.0000001", "min_qty": "1"},
            "tick_size: 0.01 × lot_size 0.0000001 is not allowed for BTC/USDT; expected a product that is a multiple",
        ),
        ({"min_qty": "0.0015"}, "min_qty: 0.0015 is not allowed for BTC/USDT; expected a multiple of lot_size, 0.001"),
        ({"max_qty": "0.001"}, "max_qty: 0.001 is not allowed for BTC/USDT; expected at least min_qty, 0.002"),
        (
            {"reference_px": "1.005"},
            "reference_px: 1.005 is not allowed for BTC/USDT; expected a multiple of tick_size",
        ),
    ],
)
def test_instrument(changes: dict[str, str], expected: str) -> None:
    found = problems(changed("instruments", 0, **changes))
    assert found[0].startswith(f"instruments[0].{expected}")
    assert found[0].endswith("[command line]")


def entry(at: str, phase: str = "CONTINUOUS", days: object = "", **more: object) -> dict[str, object]:
    return {"at": at, "phase": phase, "days": days, **more}


MORNING = entry("09:30", "OPENING_AUCTION", "mon-fri")


@pytest.mark.parametrize(
    "schedule",
    [
        [MORNING, entry("09:30", days="sat"), entry("09:30", days="sun")],
        [MORNING, entry("09:30:01", days="mon-fri")],
        [MORNING, entry("09:35", days="mon-fri", random_end_s=30), entry("09:35:31", "CLOSED")],
        [entry("23:59", "CLOSED", random_end_s=59)],
    ],
)
def test_schedule_that_can_be_kept_passes(schedule: list[object]) -> None:
    assert problems(changed("instruments", 0, schedule=schedule)) == []


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ([MORNING, entry("09:00")], "[1].at: '09:00' does not come after '09:30' of schedule[0]"),
        ([MORNING, entry("09:30:00", days="fri")], "[1].at: '09:30:00' does not come after '09:30'"),
        ([entry("09:00", days="mon"), MORNING, entry("09:00", days="mon")], "[2].at: '09:00' does not come after"),
        (
            [MORNING, entry("16:00", random_end_s=60), entry("16:01", "CLOSED", "fri")],
            "[1].random_end_s: 60 is not allowed; expected that the phase begins, even drawn latest, before 16:01",
        ),
        (
            [entry("23:59", "CLOSED", random_end_s=60)],
            "[0].random_end_s: 60 is not allowed; expected that the phase begins, even drawn latest, before midnight",
        ),
    ],
)
def test_schedule_that_cannot_be_kept(schedule: list[object], expected: str) -> None:
    (problem,) = problems(changed("instruments", 0, schedule=schedule))
    assert problem.startswith(f"instruments[0].schedule{expected}")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"holidays": ["2026-12-25"]}, "holidays: 2026-12-25 means nothing without a schedule"),
        (
            {"schedule": [MORNING], "holidays": ["2026-12-25", "2026-12-25"]},
            "holidays[1]: 2026-12-25 is there already; expected each day once",
        ),
    ],
)
def test_holidays(changes: dict[str, object], expected: str) -> None:
    (problem,) = problems(changed("instruments", 0, **changes))
    assert problem.startswith(f"instruments[0].{expected}")


@pytest.mark.parametrize(("tick", "lot"), [("0.00000001", "1"), ("1", "0.00000001"), ("0.0001", "0.0001"), ("3", "7")])
def test_tick_times_lot_at_the_edge_passes(tick: str, lot: str) -> None:
    changes = {"tick_size": tick, "lot_size": lot, "min_qty": lot, "max_qty": "100", "reference_px": "0"}
    assert problems(changed("instruments", 0, **changes)) == []


@pytest.mark.parametrize(
    ("venue", "expected"),
    [
        (extended("instruments", 0), "instruments[1].symbol: 'BTC/USDT' is there already as instruments[0].symbol"),
        (extended("firms", 0), "firms[2].name: 'HARBOR' is there already as firms[0].name; expected each one once"),
        (extended("accounts", 0), "accounts[3].name: 'A1' is there already as accounts[0].name"),
        (
            extended("sessions", FIX),
            "sessions[2].comp_id: 'FIX.4.4 BROKER1 TRADEENGINE' is there already as sessions[0].comp_id",
        ),
        (extended("sessions", FIX, target_comp_id="TRADEENGINE"), "sessions[2].comp_id: 'FIX.4.4 BROKER1 TRADEENGINE'"),
        (extended("sessions", SOUP), "sessions[2].comp_id: 'SOUPBIN TRADR1' is there already"),
        (changed("sessions", FIX, accounts=["A1", "A1"]), "sessions[0].accounts[1]: 'A1' is there already"),
    ],
)
def test_duplicates(venue: dict[str, Any], expected: str) -> None:
    (problem,) = problems(venue)
    assert problem.startswith(expected)


@pytest.mark.parametrize("changes", [{"protocol": "FIX.4.2"}, {"target_comp_id": "OTHER"}, {"comp_id": "BROKER2"}])
def test_session_identity_is_protocol_comp_id_and_target(changes: dict[str, str]) -> None:
    assert problems(extended("sessions", FIX, **changes)) == []


def test_identity_fills_in_the_venue_s_comp_id_for_fix_only() -> None:
    fix, soup = load(None, {}, VENUE).sessions
    assert fix.identity("VENUE") == ("FIX.4.4", "BROKER1", "VENUE")
    assert soup.identity("VENUE") == ("SOUPBIN", "TRADR1", "")


@pytest.mark.parametrize(
    ("venue", "expected"),
    [
        (changed("accounts", 0, firm="HARBUR"), "accounts[0].firm: unknown firm 'HARBUR'; did you mean HARBOR?"),
        (changed("sessions", SOUP, firm="X"), "sessions[1].firm: unknown firm 'X'; expected one of HARBOR, SUMMIT"),
        (
            changed("accounts", 1, balances={"USD": "1"}),
            "accounts[1].balances.USD: unknown asset 'USD'; did you mean USDT?",
        ),
        (
            changed("sessions", FIX, accounts=["A1", "XYZ"]),
            "sessions[0].accounts[1]: unknown account 'XYZ'; expected one of A1, A2, B1",
        ),
        (
            changed("sessions", FIX, default_account="A2"),
            "sessions[0].default_account: 'A2' is not allowed; expected one of A1",
        ),
        (
            changed("sessions", FIX, accounts=["A1", "B1"]),
            "sessions[0].accounts[1]: 'B1' belongs to firm SUMMIT; expected an account of HARBOR",
        ),
        (extended("accounts", 0, name="FEES"), "accounts[3].name: 'FEES' is the venue's own account for fees"),
    ],
)
def test_references(venue: dict[str, Any], expected: str) -> None:
    assert any(problem.startswith(expected) for problem in problems(venue)), problems(venue)


def test_credential_is_the_hash_or_made_from_the_password() -> None:
    hashed = hash_password("hunter2", bytes(16), n=16, r=1, p=1)
    configured = load(None, {}, changed("sessions", FIX, password="", password_hash=hashed)).sessions[FIX]
    assert configured.credential(bytes(16)) == hashed
    assert load(None, {}, VENUE).sessions[FIX].credential(bytes(16)) == hash_password("demo", bytes(16))


def test_password_or_hash_not_both_and_something() -> None:
    hashed = hash_password("demo", bytes(16), n=16, r=1, p=1)
    assert problems(changed("sessions", FIX, password="", password_hash=hashed)) == []
    (both,) = problems(changed("sessions", FIX, password_hash=hashed))
    (neither,) = problems(changed("sessions", FIX, password=""))
    assert both.startswith(
        "sessions[0].password: both are given for BROKER1; expected either password or password_hash"
    )
    assert neither.startswith("sessions[0].password: nothing is given by which BROKER1 can log on; expected password,")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"comp_id": "TRADER1"}, "comp_id: 'TRADER1' is not allowed for SOUPBIN; expected 1 to 6 letters and digits"),
        ({"comp_id": "TR-1"}, "comp_id: 'TR-1' is not allowed for SOUPBIN"),
        ({"password": "hunter2hunter2"}, "password: is too long for SOUPBIN; expected at most 10 characters"),
        ({"target_comp_id": "X"}, "target_comp_id: 'X' has no meaning for SOUPBIN; expected nothing"),
        ({"username": "X"}, "username: 'X' has no meaning for SOUPBIN; expected nothing"),
    ],
)
def test_soupbin_session(changes: dict[str, str], expected: str) -> None:
    (problem,) = problems(changed("sessions", SOUP, **changes))
    assert problem.startswith(f"sessions[1].{expected}")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"limits.credits_per_session": 65537}, "limits.credits_per_session: 65537 is not allowed; expected at most"),
        ({"limits.mailbox_depth_max": 65535}, "limits.mailbox_depth_max: 65535 is not allowed; expected at least"),
        (
            {"admin.token": "x" * 16, "admin.token_file": "f"},
            "admin.token_file: 'f' is given beside admin.token; expected one of them",
        ),
    ],
)
def test_limits_and_token(flags: dict[str, Any], expected: str) -> None:
    (problem,) = problems(flags)
    assert problem.startswith(expected)


def test_ports_of_enabled_services_differ() -> None:
    clash = {"fix.port": 9900}
    assert problems(clash) == [
        "fix.port: 9900 is given to more than one service; expected a port of its own [command line]",
        "binary.port: 9900 is given to more than one service; expected a port of its own",
    ]
    assert problems({**clash, "binary.enabled": False}) == []
    assert problems({"fix.port": 0, "binary.port": 0, "admin.port": 0}) == []
