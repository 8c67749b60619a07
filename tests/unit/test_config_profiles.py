"""The files that come with the venue: complete, true, and what the documentation promises of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import config
from config.document import Section, Sequence, read_yaml
from config.loader import load
from config.profile import CancelConfig, RateConfig, SessionScheduleConfig
from config.reference import InstrumentConfig, SessionConfig
from config.schema import field_types
from config.settings import Settings
from config.trading import ProtectionConfig
from engine.guarding import is_guarded
from engine.market_data.limits import MarketDataLimits
from engine.session_profile import PLAIN_PROFILE
from engine.types import SCALE, InstrumentStatus, TradingPhase

FOLDER = Path(config.__file__).parent
PROTOCOLS = ("FIX.4.4", "FIX.4.2", "FIXT.1.1")
SPECIAL = {("FIX.4.2", "DESK1"), ("FIX.4.4", "HARBORDC"), ("FIX.4.4", "MDATA1")}
"""Sessions that show what a profile may say."""


@pytest.fixture(scope="module")
def demo() -> Settings:
    return load(FOLDER / "demo.yaml", {}, {})


def test_default_file_gives_the_built_in_defaults() -> None:
    assert load(FOLDER / "default.yaml", {}, {}) == Settings()


def test_default_file_documents_every_key() -> None:
    root = read_yaml((FOLDER / "default.yaml").read_bytes(), "default.yaml")
    assert isinstance(root, Section)
    assert list(root.entries) == list(field_types(Settings))
    for name, default in msgspec.structs.asdict(Settings()).items():
        if isinstance(default, msgspec.Struct):
            section = root.entries[name]
            assert isinstance(section, Section)
            assert list(section.entries) == list(field_types(type(default)))


def test_demo_instruments(demo: Settings) -> None:
    symbols = [it.symbol for it in demo.instruments]
    assert len(symbols) == 10
    assert symbols[-3:] == ["AAPL", "AMZN", "GOOG"]
    assert {"BTC/USDT", "ETH/USDT", "ETH/BTC"} < set(symbols)
    for it in demo.instruments:
        assert it.status is InstrumentStatus.ACTIVE
        assert it.reference_px
        assert it.protection_band


@pytest.mark.parametrize("symbol", ["AAPL", "AMZN", "GOOG"])
def test_demo_equities_trade_whole_shares_at_whole_cents(demo: Settings, symbol: str) -> None:
    (it,) = (it for it in demo.instruments if it.symbol == symbol)
    assert (it.base, it.quote) == (symbol, "USD")
    assert (it.tick_size, it.lot_size, it.min_qty, it.min_notional) == (SCALE // 100, SCALE, SCALE, 0)
    assert (it.daily_roll, it.time_zone) == ("17:00", "America/New_York")


def test_demo_accounts_have_plenty_of_every_asset(demo: Settings) -> None:
    assets = {asset for it in demo.instruments for asset in (it.base, it.quote)}
    for account in demo.accounts:
        assert set(account.balances) == assets
        assert all(balance <= 10**10 * SCALE for balance in account.balances.values())
        assert account.balances["USD"] >= 10**9 * SCALE
        assert min(account.balances[share] for share in ("AAPL", "AMZN", "GOOG")) >= 10**7 * SCALE


def test_one_account_s_everything_fits_64_bits(demo: Settings) -> None:
    """However the demo's trades go, no balance outgrows what most databases and languages call an integer."""
    for asset in demo.accounts[0].balances:
        assert sum(account.balances[asset] for account in demo.accounts) < 2**63


def test_demo_sessions(demo: Settings) -> None:
    brokers = [f"BROKER{i}" for i in range(1, 5)]
    traders = [f"TRADR{i}" for i in range(1, 5)]
    expected = (
        {(protocol, name) for protocol in PROTOCOLS for name in brokers}
        | {("SOUPBIN", name) for name in traders}
        | SPECIAL
    )
    assert {(session.protocol, session.comp_id) for session in demo.sessions} == expected
    assert [account.name for account in demo.accounts] == brokers + traders
    for session in demo.sessions:
        assert session.password == "demo"
        assert session.enabled
        if (session.protocol, session.comp_id) in SPECIAL:
            assert session.profile([]) != PLAIN_PROFILE
            continue
        assert session.profile([]) == PLAIN_PROFILE
        assert session.accounts == [session.comp_id]
        assert session.default_account == session.comp_id


def test_demo_listens_on_the_local_host_only(demo: Settings) -> None:
    assert {demo.fix.host, demo.binary.host, demo.admin.host} == {"127.0.0.1"}


def test_auctions_profile_is_a_day_of_phases_with_protection() -> None:
    acme, globex = load(FOLDER / "auctions.yaml", {}, {}).instruments
    listed = acme.to_instrument(1)
    assert [session.phase for session in listed.schedule] == [
        TradingPhase.PRE_OPEN, TradingPhase.OPENING_AUCTION, TradingPhase.CONTINUOUS,
        TradingPhase.CLOSING_AUCTION, TradingPhase.POST_CLOSE, TradingPhase.CLOSED,
    ]  # fmt: skip
    assert is_guarded(listed)
    assert listed.protection.limit_state_ns == 15 * 10**9
    assert TradingPhase.INTRADAY_AUCTION in {entry.phase for entry in globex.schedule}


def test_an_instrument_of_the_engine_is_its_configuration_again() -> None:
    for profile in ("demo.yaml", "auctions.yaml"):
        for configured in load(FOLDER / profile, {}, {}).instruments:
            assert InstrumentConfig.of(configured.to_instrument(7)) == configured


def test_market_data_s_settings_are_limits_of_market_data() -> None:
    keeps = Settings().market_data
    assert MarketDataLimits(trades_per_symbol=keeps.trades_kept, candles_per_interval=keeps.candles_kept)


def test_default_file_s_example_says_all_that_an_instrument_may_say() -> None:
    text = (FOLDER / "default.yaml").read_text("utf-8")
    _, _, example = text.partition("#   - symbol:")
    commented = [line for line in f"#   - symbol:{example}".splitlines() if line.startswith("#")]
    flags = {"instruments": "\n".join(line.removeprefix("#   ") for line in commented)}
    root = read_yaml(flags["instruments"], "default.yaml")
    assert isinstance(root, Sequence)
    (entry,) = root.items
    assert isinstance(entry, Section)
    assert list(entry.entries) == list(field_types(InstrumentConfig))
    protection = entry.entries["protection"]
    assert isinstance(protection, Section)
    assert list(protection.entries) == list(field_types(ProtectionConfig))
    assert load(None, {}, flags).instruments[0].schedule[0].random_end_s == 30


def test_default_file_s_example_says_all_that_a_session_may_say() -> None:
    text = (FOLDER / "default.yaml").read_text("utf-8")
    _, _, rest = text.partition("#   - protocol:")
    example, _, _ = f"#   - protocol:{rest}".partition("\n#\n")
    flags = {"sessions": "\n".join(line.removeprefix("#   ") for line in example.splitlines())}
    root = read_yaml(flags["sessions"], "default.yaml")
    assert isinstance(root, Sequence)
    (entry,) = root.items
    assert isinstance(entry, Section)
    assert list(entry.entries) == list(field_types(SessionConfig))
    parts = {"cancel_on_disconnect": CancelConfig, "rate": RateConfig, "schedule": SessionScheduleConfig}
    for name, part in parts.items():
        section = entry.entries[name]
        assert isinstance(section, Section)
        assert list(section.entries) == list(field_types(part))
    world = {
        "firms": [{"name": "HARBOR"}],
        "accounts": [{"name": "BROKER1", "firm": "HARBOR"}],
        "sessions": flags["sessions"].replace('password: ""', "password: demo"),
    }
    (session,) = load(None, {}, world).sessions
    assert session.schedule.windows[0].end == "17:00:30"
