"""Timestamps, settings and the first message."""

from __future__ import annotations

import pytest
from fix_venue import NOW, SECOND, client_frame

from gateways.fix.logon import LogonRefusal, read_logon
from gateways.fix.numbers import read_int
from gateways.fix.settings import FixSettings
from gateways.fix.times import check_utc, format_utc, parse_utc


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("19700101-00:00:00", 0),
        ("20231114-22:13:20", NOW),
        ("20231114-22:13:20.001", NOW + 1_000_000),
        ("20231114-22:13:20.123456789", NOW + 123_456_789),
        ("20231114-22:13:20.123456789012", NOW + 123_456_789),
        ("20240229-23:59:59.9", 1_709_251_199_900_000_000),
        ("20161231-23:59:60", 1_483_228_800_000_000_000),
    ],
)
def test_timestamps_are_read(text: str, time_ns: int) -> None:
    assert parse_utc(text) == time_ns
    assert check_utc(text) == time_ns // SECOND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "yesterday at noon",
        "20231114",
        "20231114 22:13:20",
        "20231314-22:13:20",
        "20230229-22:13:20",
        "20231114-24:13:20",
        "20231114-22:60:20",
        "20231114-22:13:61",
        "20231114-22:13:20.",
        "20231114-22:13:20.x",
        "20231114-22:13:20Z",
        "20231114-22:13:20.123Z",
        "00000000-00:00:00",
        "٢٠٢٣١١١٤-22:13:20",
        "20231114-22:13:20." + "1" * 20,
    ],
)
def test_what_is_no_timestamp_is_told(text: str) -> None:
    for read in (parse_utc, check_utc):
        with pytest.raises(ValueError, match=r"UTCTimestamp|month|day|hour|minute|year|range"):
            read(text)


@pytest.mark.parametrize(
    ("digits", "text"),
    [(0, ""), (3, ".123"), (6, ".123456"), (9, ".123456789")],
)
def test_timestamps_are_written_and_cut_off(digits: int, text: str) -> None:
    assert format_utc(NOW + 123_456_789, digits) == "20231114-22:13:20" + text


def test_small_fractions_keep_their_zeros() -> None:
    assert format_utc(NOW + 1_000_000) == "20231114-22:13:20.001"
    assert format_utc(NOW + 1, 9) == "20231114-22:13:20.000000001"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timestamp_digits", 4),
        ("silence_factor", 0.9),
        ("connections_max", 0),
        ("message_size_max", -1),
        ("heartbeat_interval_max_s", -1),
        ("sending_time_accuracy_s", -1),
        ("tick_interval_s", 0),
    ],
)
def test_settings_out_of_range_name_the_key_and_the_value(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{key}: {value}: must"):
        FixSettings(**{key: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("007", 7), ("9999999999", 9999999999), ("99999999999", None), ("", None)]
)
def test_numbers_are_digits_within_bounds(text: str, value: int | None) -> None:
    assert read_int(text) == value
    assert read_int(None) is None
    assert {read_int(bad) for bad in ("+1", "-1", " 1", "1_0", "²", "1.0")} == {None}


def test_credentials() -> None:
    logon = read_logon(client_frame("A", 1, "98=0|108=30|553=joe|554=secret"), NOW, FixSettings())
    assert (logon.username, logon.password, logon.heartbeat_s, logon.reset) == ("joe", "secret", 30, False)
    assert (logon.comp_id, logon.target_comp_id) == ("BROKER1", "TRADEENGINE")


def test_the_username_defaults_to_the_comp_id() -> None:
    assert read_logon(client_frame("A", 1, "98=0|108=30|554=x"), NOW, FixSettings()).username == "BROKER1"


def test_the_password_in_raw_data_is_4_2_s() -> None:
    body = "98=0|108=30|95=6|96=secret"
    old = read_logon(client_frame("A", 1, body, begin_string="FIX.4.2"), NOW, FixSettings())
    assert old.password == "secret"
    assert read_logon(client_frame("A", 1, body), NOW, FixSettings()).password == ""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("98=0|108=30|141=X", "ResetSeqNumFlag"),
        ("98=0|108=-1", "HeartBtInt"),
        ("108=30", "EncryptMethod"),
        ("98=0|98=0|108=30", "Tag appears more than once, tag 98"),
        ("98=0|108=", "Tag specified without a value, tag 108"),
    ],
)
def test_incomplete_logons_are_refused_with_the_reason(body: str, reason: str) -> None:
    with pytest.raises(LogonRefusal, match=reason) as refused:
        read_logon(client_frame("A", 1, body), NOW, FixSettings())
    assert b"\x0135=5\x0134=1\x0149=TRADEENGINE\x0156=BROKER1\x01" in refused.value.reply


def test_any_time_is_accurate_enough_without_a_limit() -> None:
    settings = FixSettings(sending_time_accuracy_s=0)
    assert read_logon(client_frame("A", 1, "98=0|108=30"), NOW + 10**15, settings).msg_seq_num == 1
