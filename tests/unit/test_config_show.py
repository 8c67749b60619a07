"""The effective settings as text: loads again, masks secrets, tells where values come from."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import config
from config.credentials import hash_password
from config.document import read_yaml
from config.kinds import MASK, quote
from config.loader import load, load_with_origins
from config.settings import Settings
from config.show import render

DEMO = Path(config.__file__).parent / "demo.yaml"
TOKEN = "0123456789abcdef"
HASH = hash_password("hunter2", bytes(16), n=16, r=1, p=1)
SECRETIVE = {
    "admin.token": TOKEN,
    "firms": [{"name": "F", "description": 'A "quoted" \\ name: [x] # é'}],
    "sessions": [
        {"protocol": "FIX.4.4", "comp_id": "A", "firm": "F", "accounts": [], "password": "hunter2"},
        {"protocol": "FIX.4.2", "comp_id": "A", "firm": "F", "accounts": [], "password_hash": HASH},
    ],
}


def reload(settings: Settings, directory: Path) -> Settings:
    file = directory / "shown.yaml"
    file.write_text(render(settings, masked=False))
    return load(file, {}, {})


@pytest.mark.parametrize("flags", [{}, SECRETIVE], ids=["defaults", "secretive"])
def test_unmasked_text_loads_to_equal_settings(flags: dict[str, object], tmp_path: Path) -> None:
    settings = load(None, {}, flags)
    assert reload(settings, tmp_path) == settings


@pytest.mark.parametrize("profile", ["demo.yaml", "auctions.yaml"])
def test_profile_loads_again(profile: str, tmp_path: Path) -> None:
    settings = load(DEMO.with_name(profile), {}, {})
    assert reload(settings, tmp_path) == settings


def test_masked_text_tells_no_secret_but_that_there_is_one() -> None:
    shown = render(load(None, {}, SECRETIVE))
    for secret in (TOKEN, "hunter2", HASH, HASH.split("$")[-1]):
        assert secret not in shown
    assert shown.count(f'"{MASK}"') == 3
    assert 'token: ""' in render(Settings())


def test_repr_of_settings_tells_no_secret() -> None:
    text = repr(load(None, {}, SECRETIVE))
    assert TOKEN not in text
    assert "hunter2" not in text
    assert HASH not in text


def test_origin_stands_beside_what_is_no_default(tmp_path: Path) -> None:
    file = tmp_path / "venue.yaml"
    file.write_text("fix:\n  host: example.org\n")
    loaded = load_with_origins(file, {"TRADE_ENGINE_FIX__PORT": "1"}, {"log.level": "debug"})
    lines = render(loaded.settings, origins=loaded.origins).splitlines()
    assert "  host: example.org  # venue.yaml line 2" in lines
    assert "  port: 1  # TRADE_ENGINE_FIX__PORT" in lines
    assert "  level: debug  # command line" in lines
    assert "  format: console" in lines


def test_numbers_are_shown_exactly() -> None:
    shown = render(load(DEMO, {}, {"fix.logon_timeout_s": "0.25"}))
    assert "tick_size: 0.00001\n" in shown
    assert "logon_timeout_s: 0.25  " in shown.replace("\n", "  ")
    assert "USD: 10000000000" in shown


def test_days_are_shown_as_they_are_written() -> None:
    shown = render(load(DEMO.with_name("auctions.yaml"), {}, {}))
    assert "        days: mon-fri\n" in shown
    assert '        days: "mon, wed, fri"\n' in shown


@pytest.mark.parametrize(
    "text", ["", "NO", "true", "17:00", "0.1", "a: b", "#x", '"', "\\", "é", "\x7f", "\t\n\r", "-", "*a"]
)
def test_quoted_text_is_that_text_to_every_yaml_reader(text: str) -> None:
    assert yaml.safe_load(quote(text)) == text
    node = read_yaml(quote(text), "f")
    assert getattr(node, "text", None) == text
