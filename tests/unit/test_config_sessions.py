"""What a session's configuration may say of its profile, and that nothing shows its secrets."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from config.document import plain, read_yaml
from config.errors import ConfigError
from config.keys import KEYS_MAX
from config.loader import load
from config.reference import SessionConfig
from config.settings import Settings
from config.show import render, render_entry
from engine.session_profile import (
    PLAIN_PROFILE,
    CancelOnDisconnect,
    RateAction,
    Rights,
    SessionProfile,
    SessionSchedule,
    SessionWindow,
    UnknownTags,
)
from engine.venue_events import SessionOpened

SECRET = base64.b64encode(b"the secret of the session, 32 by").decode()
PUBLIC = base64.b64encode(bytes(range(32))).decode()
FULL = {
    "protocol": "FIXT.1.1",
    "comp_id": "BROKER1",
    "password": "demo",
    "firm": "HARBOR",
    "rights": ["trade", "drop_copy"],
    "copies_of": ["SUMMIT"],
    "cancel_on_disconnect": {"mode": "logout", "window_s": "2.5"},
    "rate": {"per_second": "100", "burst": "200", "action": "disconnect"},
    "public_keys": [f"laptop:{PUBLIC}"],
    "hmac_keys": [f"server:{SECRET}"],
    "certificate": "ab" * 32,
    "schedule": {
        "zone": "America/New_York",
        "windows": [
            {"days": "mon-thu", "start": "08:00", "end": "17:00:30"},
            {"days": "fri", "start": "20:00", "end": "06:00"},
        ],
    },
    "reset_on_logon": "true",
    "reset_on_logout": "true",
    "reset_on_disconnect": "true",
    "unknown_tags": "pass",
    "last_processed": "true",
    "reissue_on_reset": "true",
}  # fmt: skip


def loaded(*sessions: dict[str, Any]) -> Settings:
    firms = [{"name": "HARBOR"}, {"name": "SUMMIT"}]
    return load(None, {}, {"firms": firms, "sessions": list(sessions)})


def problems(**changes: Any) -> list[str]:
    plain_session = {"protocol": "FIX.4.4", "comp_id": "BROKER1", "password": "demo", "firm": "HARBOR"}
    with pytest.raises(ConfigError) as caught:
        loaded(plain_session | changes)
    return [str(problem) for problem in caught.value.problems]


def test_every_key_of_the_profile_arrives_in_it() -> None:
    (session,) = loaded(FULL).sessions
    assert session.profile(["server:sealed"]) == SessionProfile(
        rights=Rights.TRADE | Rights.DROP_COPY,
        cancel_on_disconnect=CancelOnDisconnect.LOGOUT,
        cancel_window_ms=2500,
        rate_per_s=100,
        rate_burst=200,
        rate_action=RateAction.DISCONNECT,
        copies_of=("SUMMIT",),
        public_keys=(f"laptop:{PUBLIC}",),
        hmac_keys=("server:sealed",),
        certificate="ab" * 32,
        schedule=SessionSchedule(
            "America/New_York",
            [SessionWindow([0, 1, 2, 3], "08:00:00", "17:00:30"), SessionWindow([4], "20:00:00", "06:00:00", 1)],
        ),
        reset_on_logon=True,
        reset_on_logout=True,
        reset_on_disconnect=True,
        unknown_tags=UnknownTags.PASS,
        last_processed=True,
        reissue_on_reset=True,
    )


def test_a_session_that_says_nothing_has_the_plain_profile() -> None:
    (session,) = loaded({"protocol": "FIX.4.4", "comp_id": "A", "password": "demo", "firm": "HARBOR"}).sessions
    assert session.profile([]) == PLAIN_PROFILE


def test_a_profile_goes_into_configuration_and_back() -> None:
    (session,) = loaded(FULL).sessions
    profile = session.profile(session.hmac_keys)
    opened = SessionOpened(1, "FIXT.1.1", "BROKER1", "V", "B", "hash", "HARBOR", [], 0, profile=profile)
    again = SessionConfig.of(opened, {})
    assert again.profile(again.hmac_keys) == profile
    assert set(msgspec.structs.asdict(again)) == set(SessionConfig.__struct_fields__)


def test_what_show_prints_loads_again() -> None:
    settings = loaded(FULL)
    assert load(None, {}, {"sessions": plain(read_yaml(render(settings, masked=False), "shown"))["sessions"],
                           "firms": [{"name": "HARBOR"}, {"name": "SUMMIT"}]}) == settings  # fmt: skip
    assert 'mode: "off"' in render_entry(SessionConfig(protocol="FIX.4.4", comp_id="A", firm="F"))


def test_no_secret_is_shown() -> None:
    settings = loaded(FULL)
    for text in (repr(settings), str(settings.sessions), render(settings)):
        assert SECRET not in text
        assert "demo" not in text
    (problem,) = problems(hmac_keys=["server:c2VjcmV0c2VjcmV0"])
    assert problem.startswith("sessions[0].hmac_keys[0]: *** is not allowed; expected a secret id:base64")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rights": ["trade", "gossip"]}, "rights[1]: 'gossip' is not allowed; expected one of trade, market"),
        ({"rights": []}, "rights: none is given; expected one or more of trade, market_data, drop_copy"),
        ({"copies_of": ["HARBOR"]}, "copies_of: is given to a session without the right drop_copy"),
        ({"rights": ["drop_copy"], "copies_of": ["HARBUR"]}, "copies_of[0]: unknown firm 'HARBUR'; did you mean"),
        ({"cancel_on_disconnect": {"mode": "on"}}, "cancel_on_disconnect.mode: 'on' is not allowed; expected one of"),
        ({"cancel_on_disconnect": {"window_s": "86401"}}, "cancel_on_disconnect.window_s: '86401' is not allowed"),
        ({"rate": {"per_second": "-1"}}, "rate.per_second: '-1' is not allowed; expected a whole number from 0"),
        ({"rate": {"burst": "5"}}, "rate.burst: 5 is given without per_second; expected both or neither"),
        ({"rate": {"action": "ignore"}}, "rate.action: 'ignore' is not allowed; expected one of reject, disconnect"),
        ({"public_keys": ["a:AAAA"]}, "public_keys[0]: 'a:AAAA' is not allowed; expected an Ed25519 key id:base64"),
        ({"public_keys": [f"a b:{PUBLIC}"]}, "public_keys[0]: 'a b:"),
        ({"public_keys": [f"BROKER1:{PUBLIC}"]}, "public_keys[0]: 'BROKER1' is the session's user name"),
        ({"certificate": "AB"}, "certificate: 'AB' is not allowed; expected a certificate's SHA-256"),
        ({"schedule": {"zone": "Mars"}}, "schedule.zone: 'Mars' is not allowed; expected the name of"),
        (
            {"schedule": {"windows": [{"start": "08:00", "end": "25:00"}]}},
            "schedule.windows[0].end: '25:00' is not allowed; expected a time of day",
        ),
        (
            {"schedule": {"windows": [{"days": "sun", "start": "17:00", "end": "18:00", "end_days": "7"}]}},
            "schedule.windows[0].end_days: '7' is not allowed; expected a whole number from 0 to 6",
        ),
        (
            {"schedule": {"windows": [{"start": "08:00", "end": "09:00", "end_days": "1"}]}},
            "schedule.windows[0]: overlaps itself on another day; expected windows apart",
        ),
        ({"unknown_tags": "DROP"}, "unknown_tags: 'DROP' is not allowed; expected one of reject, drop, pass"),
        ({"reset_on_logon": "2"}, "reset_on_logon: '2' is not allowed; expected true or false"),
        ({"protocol": "SOUPBIN", "comp_id": "B", "reset_on_logon": "true"}, "reset_on_logon: has no meaning"),
        ({"protocol": "SOUPBIN", "comp_id": "B", "unknown_tags": "drop"}, "unknown_tags: has no meaning for SOUPBIN"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_key(changes: dict[str, Any], expected: str) -> None:
    (problem,) = problems(**changes)
    assert problem.startswith(f"sessions[0].{expected}")


def test_keys_have_names_of_their_own_and_are_few() -> None:
    twice = problems(public_keys=[f"a:{PUBLIC}"], hmac_keys=[f"a:{SECRET}"])
    assert [it.partition(":")[0] for it in twice] == ["sessions[0].public_keys[0]", "sessions[0].hmac_keys[0]"]
    (many,) = problems(public_keys=[f"k{n}:{PUBLIC}" for n in range(KEYS_MAX + 1)])
    assert many.startswith("sessions[0].public_keys: 9 keys are given; expected at most 8")


@pytest.mark.parametrize(
    "by", [{"public_keys": [f"k:{PUBLIC}"]}, {"hmac_keys": [f"k:{SECRET}"]}, {"certificate": "0" * 64}]
)
def test_a_session_needs_no_password_where_it_has_something_else(by: dict[str, Any]) -> None:
    (session,) = loaded({"protocol": "FIX.4.4", "comp_id": "A", "firm": "HARBOR"} | by).sessions
    assert session.credential(bytes(16)) == ""


def test_a_week_s_window_and_windows_that_touch_are_allowed() -> None:
    week = {"windows": [{"days": "sun", "start": "17:00", "end": "17:00", "end_days": "5"}]}
    touching = {"windows": [{"start": "17:00", "end": "17:00"}]}
    for schedule in (week, touching):
        session = {"protocol": "FIX.4.4", "comp_id": "A", "password": "x", "firm": "HARBOR", "schedule": schedule}
        assert loaded(session).sessions[0].schedule.to_schedule() is not None


def test_the_venue_s_key_may_come_from_the_environment_and_is_never_shown() -> None:
    key = base64.b64encode(bytes(32)).decode()
    settings = load(None, {"TRADE_ENGINE_SECRETS__KEY": key}, {})
    assert settings.secrets.key == key
    assert key not in repr(settings) + render(settings)
    with pytest.raises(ConfigError) as caught:
        load(None, {"TRADE_ENGINE_SECRETS__KEY": "c2hvcnQ="}, {})
    assert str(caught.value.problems[0]).startswith("secrets.key: *** is not allowed; expected 32 bytes in base64")


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        ({"tls": {"certificate": "a.pem"}}, "fix.tls.key: is missing beside fix.tls.certificate"),
        ({"tls": {"key": "a.key"}}, "fix.tls.certificate: is missing beside fix.tls.key"),
        ({"plain": "false"}, "fix.plain: false leaves no port, as fix.tls.certificate is not given"),
        ({"tls": {"client_certificates": "required"}}, "fix.tls.client_ca: is missing; expected the authorities"),
        (
            {"tls_port": "9900", "tls": {"certificate": "a", "key": "b"}},
            "binary.port: 9900 is given to more than one service",
        ),
        ({"rate_action": "wait"}, "fix.rate_action: 'wait' is not allowed; expected one of reject, disconnect"),
    ],
)
def test_what_is_wrong_with_tls_and_rates_is_told(fix: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {}, {"fix": fix})
    assert str(caught.value.problems[0]).startswith(expected)


@pytest.mark.parametrize(
    ("binary", "expected"),
    [
        ({"tls": {"certificate": "a.pem"}}, "binary.tls.key: is missing beside binary.tls.certificate"),
        ({"plain": "false"}, "binary.plain: false leaves no port, as binary.tls.certificate is not given"),
        (
            {"tls_port": "9900", "tls": {"certificate": "a", "key": "b"}},
            "binary.port: 9900 is given to more than one service",
        ),
        (
            {"market_data_tls_port": "9900", "tls": {"certificate": "a", "key": "b"}},
            "binary.port: 9900 is given to more than one service",
        ),
        ({"cancel_window_max_s": "-1"}, "binary.cancel_window_max_s: '-1' is not allowed"),
    ],
)
def test_what_is_wrong_with_the_binary_ports_tls_is_told(binary: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {}, {"binary": binary})
    assert str(caught.value.problems[0]).startswith(expected)
