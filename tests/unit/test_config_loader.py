"""Loading: precedence of the sources, types from text, and what each refusal says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.loader import load, load_with_origins
from config.settings import Settings
from engine.instrument import NO_PROTECTION
from engine.types import SCALE, InstrumentStatus, TradingPhase

BTC = {
    "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "tick_size": "0.01", "lot_size": "0.00001",
    "min_qty": "0.00001", "max_qty": "9000",
}  # fmt: skip


def problems(
    environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None, file: Path | None = None
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, environ or {}, flags or {})
    return [str(problem) for problem in caught.value.problems]


def write(directory: Path, text: str) -> Path:
    path = directory / "venue.yaml"
    path.write_text(text)
    return path


def test_nothing_given_is_all_defaults() -> None:
    assert load(None, {}, {}) == Settings()


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    file = write(tmp_path, "fix: {port: 1, host: file}\nbinary: {port: 2}\njournal: {durability: os}")
    environ = {"TRADE_ENGINE_FIX__PORT": "3", "TRADE_ENGINE_BINARY__PORT": "4"}
    settings = load(file, environ, {"fix.port": 5, "binary.port": None})
    assert (settings.fix.port, settings.binary.port, settings.fix.host) == (5, 4, "file")
    assert (settings.journal.durability, settings.admin.port) == ("os", 9464)


def test_origins_tell_the_winning_source(tmp_path: Path) -> None:
    file = write(tmp_path, "fix:\n  port: 1\n  host: file\nbinary:\n  port: 2")
    loaded = load_with_origins(file, {"TRADE_ENGINE_FIX__PORT": "3"}, {"binary.port": 4})
    assert loaded.origins == {
        "fix.port": "TRADE_ENGINE_FIX__PORT",
        "fix.host": "venue.yaml line 3",
        "binary.port": "command line",
    }


def test_environment_gives_every_type() -> None:
    settings = load(
        None,
        {
            "TRADE_ENGINE_DATA_DIR": "/srv/venue",
            "TRADE_ENGINE_JOURNAL__DURABILITY": "os",
            "TRADE_ENGINE_JOURNAL__SEGMENT_BYTES": "1_048_576",
            "TRADE_ENGINE_FIX__LOGON_TIMEOUT_S": "2.5",
            "TRADE_ENGINE_FIX__TIMESTAMP_DIGITS": "6",
            "TRADE_ENGINE_BINARY__ENABLED": "off",
            "TRADE_ENGINE_VENUE__TIME_ZONE": "America/New_York",
            "TRADE_ENGINE_INSTRUMENTS": json.dumps([BTC]),
            "TRADE_ENGINE_FIRMS": "[{name: HARBOR}]",
            "TRADE_ENGINE_ACCOUNTS": "[{name: A1, firm: HARBOR, balances: {BTC: 0.1}}]",
        },
        {},
    )
    assert settings.data_dir == Path("/srv/venue")
    assert settings.journal_dir == Path("/srv/venue/journal")
    assert (settings.journal.durability, settings.journal.segment_bytes) == ("os", 2**20)
    assert (settings.fix.logon_timeout_s, settings.fix.timestamp_digits) == (2.5, 6)
    assert settings.binary.enabled is False
    assert settings.instruments[0].symbol == "BTC/USDT"
    assert settings.accounts[0].balances == {"BTC": SCALE // 10}


def test_list_from_the_environment_replaces_the_file_s(tmp_path: Path) -> None:
    file = write(tmp_path, "firms: [{name: A}, {name: B}]")
    loaded = load_with_origins(file, {"TRADE_ENGINE_FIRMS": '[{"name": "C"}]'}, {})
    assert [firm.name for firm in loaded.settings.firms] == ["C"]
    assert set(loaded.origins) == {"firms", "firms[0].name"}


@pytest.mark.parametrize("empty", ["", "instruments:\nfix:\n", "---\n"])
def test_empty_headings_are_defaults(tmp_path: Path, empty: str) -> None:
    assert load(write(tmp_path, empty), {}, {}) == Settings()


def instruments(**changes: object) -> dict[str, object]:
    return {"instruments": [{**BTC, **changes}]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.01", 1_000_000),
        ("64999.99999999", 6_499_999_999_999),
        ("92233720368.54775807", 2**63 - 1),
        ("1_000_000.5", 100_000_050_000_000),
        ("0.10000000000", 10_000_000),
    ],
)
def test_plain_yaml_decimals_are_exact(tmp_path: Path, text: str, value: int) -> None:
    """Unquoted, as a YAML reader would make a float of them."""
    fields = "".join(f"\n    {key}: {item}" for key, item in {**BTC, "tick_size": "0.00001", "lot_size": "1"}.items())
    file = write(
        tmp_path, f"instruments:\n  -{fields[4:]}\n    min_notional: {text}".replace("min_qty: 0.00001", "min_qty: 1")
    )
    assert load(file, {}, {}).instruments[0].min_notional == value


def test_instrument_for_the_engine() -> None:
    flags = instruments(maker_fee="0.001", reference_px=65000, daily_roll="17:00", status="HALTED")
    instrument = load(None, {}, flags).instruments[0].to_instrument(7)
    assert (instrument.symbol_id, instrument.symbol, instrument.base, instrument.quote) == (
        7,
        "BTC/USDT",
        "BTC",
        "USDT",
    )
    assert (instrument.tick_size, instrument.lot_size, instrument.min_qty) == (SCALE // 100, 1000, 1000)
    assert (instrument.maker_fee, instrument.taker_fee, instrument.max_qty) == (SCALE // 1000, 0, 9000 * SCALE)
    assert (instrument.reference_px, instrument.protection_band) == (65000 * SCALE, SCALE // 10)
    assert (instrument.daily_roll, instrument.time_zone) == ("17:00", "UTC")
    assert instrument.status is InstrumentStatus.HALTED


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("fix.port", "65536", "'65536' is not allowed; expected a whole number from 0 to 65535 (0 = any free port)"),
        ("fix.port", "-1", "'-1' is not allowed"),
        ("fix.port", "9878.0", "'9878.0' is not allowed"),
        ("fix.port", "", "'' is not allowed"),
        ("fix.timestamp_digits", "4", "'4' is not allowed; expected one of 0, 3, 6, 9"),
        ("fix.silence_factor", "0.5", "'0.5' is not allowed; expected a number from 1 to 10"),
        ("fix.logon_timeout_s", "nan", "'nan' is not allowed; expected a number from 0.1 to 3600"),
        ("fix.host", "a host", "'a host' is not allowed; expected an IP address or a host name"),
        ("fix.enabled", "maybe", "'maybe' is not allowed; expected true or false"),
        ("fix.comp_id", "TRADE ENGINE", "'TRADE ENGINE' is not allowed; expected 1 to 32 ASCII characters"),
        ("journal.durability", "never", "'never' is not allowed; expected one of fsync, os"),
        ("journal.segment_bytes", "65537", "'65537' is not allowed; expected a multiple of 4096 from 65536 to"),
        ("venue.day_roll", "24:00", "'24:00' is not allowed; expected a time of day HH:MM from 00:00 to 23:59"),
        ("venue.day_roll", "7:00", "'7:00' is not allowed"),
        ("venue.time_zone", "Mars/Base", "'Mars/Base' is not allowed; expected the name of an IANA time zone"),
        ("venue.time_zone", "../etc/passwd", "'../etc/passwd' is not allowed"),
        ("venue.time_zone", "America", "'America' is not allowed"),
        ("venue.time_zone", "", "'' is not allowed"),
        ("data_dir", "", "'' is not allowed; expected a path"),
        ("log.level", "verbose", "'verbose' is not allowed; expected one of debug, info, warning, error"),
        ("venue.name", "x" * 200, "'" + "x" * 60 + "…' is not allowed"),
        ("fix", "1", "expected keys with values, not a single value"),
        ("firms", "HARBOR", "expected a list, not a single value"),
        ("firms", "[{name: x", "is not valid YAML"),
        ("log.level", ["info"], "expected one of debug, info, warning, error, not a list"),
    ],
)
def test_value_that_is_not_allowed_is_named_with_its_key_and_what_is(key: str, value: object, expected: str) -> None:
    (problem,) = problems(flags={key: value})
    assert problem.startswith(f"{key}: {expected}")
    assert problem.endswith("[command line]")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("symbol", "", "expected a symbol of 1 to 16 ASCII characters without spaces"),
        ("symbol", "A" * 17, "is not allowed; expected a symbol of 1 to 16"),
        ("symbol", "BTC€", "'BTC€' is not allowed"),
        ("base", "B/C", "expected an asset of 1 to 16"),
        ("tick_size", "0", "'0' is not allowed; expected a number from 0.00000001 to 92233720368.54775807"),
        ("tick_size", "0.000000001", "'0.000000001' is not allowed"),
        ("tick_size", "1e-2", "'1e-2' is not allowed"),
        ("lot_size", "-1", "'-1' is not allowed"),
        ("max_qty", "92233720368.54775808", "'92233720368.54775808' is not allowed"),
        ("min_notional", "-0.1", "expected an amount of 0 or more, with at most 8 decimals"),
        ("maker_fee", "1", "'1' is not allowed; expected a fraction from 0 to below 1"),
        ("taker_fee", "-0.001", "'-0.001' is not allowed; expected a fraction from 0 to below 1"),
        ("protection_band", "1.5", "'1.5' is not allowed; expected a fraction from 0 to below 1"),
        ("reference_px", "ten", "'ten' is not allowed; expected a price from 0"),
        ("daily_roll", "1700", "'1700' is not allowed; expected a time of day"),
        ("time_zone", "New York", "'New York' is not allowed; expected the name of an IANA time zone"),
        ("status", "OPEN", "'OPEN' is not allowed; expected one of ACTIVE, HALTED, MAINTENANCE, DELISTED"),
        ("phase", "OPEN", "'OPEN' is not allowed; expected one of CLOSED, PRE_OPEN, OPENING_AUCTION, CONTINUOUS,"),
        ("phase", "VOLATILITY_PAUSE", "'VOLATILITY_PAUSE' is not allowed; expected one of CLOSED"),
        (
            "orders_per_side_max",
            "-1",
            "'-1' is not allowed; expected a whole number from 0 to 10000000 (0 = any number",
        ),
    ],
)
def test_instrument_value_that_is_not_allowed(field: str, value: str, expected: str) -> None:
    (problem,) = problems(flags=instruments(**{field: value}))
    assert problem.startswith(f"instruments[0].{field}: ")
    assert expected in problem


@pytest.mark.parametrize(
    ("field", "value", "key", "expected"),
    [
        ("protection", {"collar_rate": "1"}, "protection.collar_rate", "'1' is not allowed; expected a fraction"),
        ("protection", {"pause_s": "86401"}, "protection.pause_s", "expected a number from 0 to 86400"),
        ("protection", {"colar_rate": "0"}, "protection.colar_rate", "unknown key; did you mean collar_rate?"),
        ("protection", "0.1", "protection", "expected keys with values, not a single value"),
        ("schedule", [{"phase": "CLOSED"}], "schedule[0].at", "is missing; expected a time of day HH:MM"),
        ("schedule", [{"at": "9:30", "phase": "CLOSED"}], "schedule[0].at", "'9:30' is not allowed; expected a time"),
        ("schedule", [{"at": "09:30"}], "schedule[0].phase", "is missing; expected one of CLOSED, PRE_OPEN"),
        ("schedule", [{"at": "09:30", "phase": "OPEN"}], "schedule[0].phase", "'OPEN' is not allowed; expected one of"),
        (
            "schedule", [{"at": "09:30", "phase": "CLOSED", "days": "mon-fry"}],
            "schedule[0].days", "'mon-fry' is not allowed; expected days such as mon-fri or mon, wed, sat",
        ),
        ("schedule", [{"at": "09:30", "phase": "CLOSED", "days": [["mon"]]}], "schedule[0].days", "not a list"),
        ("holidays", ["2026-02-30"], "holidays[0]", "'2026-02-30' is not allowed; expected a date YYYY-MM-DD"),
        ("holidays", ["20261225"], "holidays[0]", "'20261225' is not allowed"),
    ],
)  # fmt: skip
def test_value_within_an_instrument_that_is_not_allowed(field: str, value: object, key: str, expected: str) -> None:
    (problem,) = problems(flags=instruments(**{field: value}))
    assert problem.startswith(f"instruments[0].{key}: ")
    assert expected in problem


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("", []), ([], []), ("mon-fri", [1, 2, 3, 4, 5]), ("mon, wed,sat-sun", [1, 3, 6, 7]),
        (["fri-mon", "wed"], [1, 3, 5, 6, 7]), ("sun", [7]), ("mon-sun", [1, 2, 3, 4, 5, 6, 7]),
    ],
)  # fmt: skip
def test_days_of_a_schedule(days: object, expected: list[int]) -> None:
    flags = instruments(schedule=[{"at": "09:30", "phase": "CLOSED", "days": days}])
    assert load(None, {}, flags).instruments[0].schedule[0].days == expected


def test_protection_is_in_seconds_and_the_engine_counts_nanoseconds() -> None:
    protection = {"collar_rate": "0.05", "limit_state_s": "0.000000001", "pause_s": "86400"}
    configured = load(None, {}, instruments(protection=protection)).instruments[0]
    guards = configured.to_instrument(1).protection
    assert (guards.collar_rate, guards.limit_state_ns, guards.pause_ns) == (SCALE // 20, 1, 86_400 * 10**9)
    assert guards.reopening_ns == 30 * 10**9


def test_nothing_said_of_protection_and_phases_is_what_the_engine_takes_for_nothing() -> None:
    instrument = load(None, {}, instruments()).instruments[0].to_instrument(1)
    assert instrument.protection == NO_PROTECTION
    assert (instrument.phase, instrument.schedule, instrument.holidays) == (TradingPhase.CONTINUOUS, [], [])


def test_missing_key_is_named() -> None:
    (problem,) = problems(flags={"instruments": [{k: v for k, v in BTC.items() if k != "lot_size"}]})
    assert problem.startswith("instruments[0].lot_size: is missing; expected a number from 0.00000001")
    window = {"zone": "UTC", "windows": [{"start": "08:00"}]}
    session = {"protocol": "FIX.4.4", "comp_id": "A", "firm": "F", "schedule": window}
    (problem,) = problems(flags={"sessions": [session]})
    assert problem.startswith("sessions[0].schedule.windows[0].end: is missing; expected a time of day HH:MM")


def test_balances_check_asset_and_amount() -> None:
    account = {"name": "A", "firm": "F", "balances": {"U D": "1", "USD": "-1"}}
    found = problems(flags={"accounts": [account]})
    assert found[0].startswith("accounts[0].balances.U D: 'U D' is not allowed; expected an asset")
    assert found[1].startswith("accounts[0].balances.USD: '-1' is not allowed; expected an amount of 0 or more")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fix:\n  prot: 1", "fix.prot: unknown key; did you mean port? [venue.yaml line 2]"),
        ("jurnal:\n  durability: os", "jurnal: unknown key; did you mean journal? [venue.yaml line 2]"),
        ("log: {colour: 1}", "log.colour: unknown key; known here: level, format [venue.yaml line 1]"),
        ("firms: [{name: A, nmae: B}]", "firms[0].nmae: unknown key; did you mean name? [venue.yaml line 1]"),
    ],
)
def test_unknown_key_in_the_file(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(file=write(tmp_path, text)) == [expected]


def test_unknown_environment_variable() -> None:
    assert problems({"TRADE_ENGINE_FIX__PROT": "1"}) == [
        "fix.prot: unknown key; did you mean port? [TRADE_ENGINE_FIX__PROT]"
    ]


@pytest.mark.parametrize("name", ["SERVICE_HOST", "SERVICE_PORT_FIX", "PORT", "PORT_9878_TCP_ADDR"])
def test_variable_that_kubernetes_sets_is_explained(name: str) -> None:
    (problem,) = problems({f"TRADE_ENGINE_{name}": "tcp://10.0.0.1:9878"})
    assert "enableServiceLinks: false" in problem


def test_unknown_flag_is_refused() -> None:
    (problem,) = problems(flags={"fix.prt": 1})
    assert problem == "fix.prt: unknown key; did you mean port? [command line]"


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    file = write(tmp_path, "fix: {port: x}\nlog: {level: x}")
    with pytest.raises(ConfigError) as caught:
        load(file, {"TRADE_ENGINE_ADMIN__PORT": "x"}, {"data_dir": ""})
    assert {problem.key for problem in caught.value.problems} == {"fix.port", "log.level", "admin.port", "data_dir"}
    heading, *lines = str(caught.value).splitlines()
    assert heading == "invalid configuration, 4 problems:"
    assert all(line.startswith("  ") for line in lines)


def test_problems_of_several_sources_are_told_together(tmp_path: Path) -> None:
    environ = {"TRADE_ENGINE_FIX": "1", "TRADE_ENGINE_FIX__PORT": "1"}
    assert len(problems(environ, file=write(tmp_path, "a: 1\na: 2"))) == 2


def test_file_that_is_not_there_or_no_mapping(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    assert problems(file=missing) == [f"{missing}: cannot be read: No such file or directory [--config]"]
    (problem,) = problems(file=write(tmp_path, "- 1"))
    assert problem.startswith("the document: is a list")


@pytest.mark.parametrize(
    "flags",
    [
        {"admin.token": "hunter2"},
        {"sessions": [{"comp_id": "A", "password": "hunter2 hunter2"}]},
        {"sessions": [{"comp_id": "A", "password_hash": "scrypt$hunter2"}]},
        {"sessions": "[{password: hunter2"},
        {"sessions": "hunter2"},
    ],
)
def test_no_message_tells_a_secret(flags: Mapping[str, object]) -> None:
    assert "hunter2" not in "\n".join(problems(flags=flags))


TOKEN = "0123456789abcdef"


def test_token_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    loaded = load_with_origins(None, {"TRADE_ENGINE_ADMIN__TOKEN_FILE": str(file)}, {})
    assert loaded.settings.admin.token == TOKEN
    assert loaded.origins["admin.token"] == f"file {file}"
    assert TOKEN not in repr(loaded.settings)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "holds no token; expected 16 to 256 ASCII characters"),
        (b"short", "holds no token"),
        (b"\xff" * 20, "holds no token"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_token_file_without_a_token(tmp_path: Path, content: bytes | None, expected: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    (problem,) = problems(flags={"admin.token_file": str(file)})
    assert problem.startswith(f"admin.token_file: {str(file)!r} {expected}")
