"""The options of ``demo``, and what its keys do."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

import config
from config.loader import load
from tradeengine import demo
from tradeengine.demo_floor import Floor
from tradeengine.demo_show import RATE_MAX, RATE_MIN, Controls


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    demo.register(parser.add_subparsers())
    return parser.parse_args(["demo", *words])


def controls(rate: int = 1000) -> tuple[Controls, Floor]:
    floor = Floor(load(Path(config.__file__).parent / "demo.yaml", {}, {}), 1, rate)
    return Controls(floor, "BTC/USDT"), floor


def test_defaults_are_the_live_screen_on_a_temporary_venue() -> None:
    args = arguments()
    assert (args.rate, args.seconds, args.plain, args.data_dir, args.symbol) == (1000, None, False, None, "BTC/USDT")
    assert args.config.is_file()


@pytest.mark.parametrize(
    "words", [("--rate", "9"), ("--rate", "x"), ("--rate", "20001"), ("--seconds", "0"), ("--seconds", "nan")]
)
def test_numbers_out_of_range_are_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(*words)
    assert "must be a" in capsys.readouterr().err


def test_unknown_symbols_and_configurations_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    args = arguments("--symbol", "nope", "--plain")
    assert args.run(args) == 2
    assert "--symbol 'nope': must be one of BTC/USDT, ETH/USDT" in capsys.readouterr().err
    args = arguments("--config", "/nonexistent.yaml")
    assert args.run(args) == 2
    assert "/nonexistent.yaml" in capsys.readouterr().err


def test_a_venue_without_one_of_the_ports_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADE_ENGINE_FIX__ENABLED", "false")
    args = arguments("--plain")
    assert args.run(args) == 2
    assert "fix.enabled" in capsys.readouterr().err


def test_keys_choose_the_symbol() -> None:
    chosen, floor = controls()
    seen = []
    for key in ("right", "n", "left", "8", "0", "right", "left", "1"):
        chosen.press(key)
        seen.append(chosen.symbol)
    assert seen == ["ETH/USDT", "SOL/USDT", "ETH/USDT", "AAPL", "GOOG", "BTC/USDT", "GOOG", "BTC/USDT"]
    assert floor.symbols[0] == "BTC/USDT"


def test_keys_choose_the_pace_within_limits() -> None:
    chosen, floor = controls(1000)
    chosen.press("+")
    assert floor.rate == 1251
    for _ in range(50):
        chosen.press("+")
    assert floor.rate == RATE_MAX
    for _ in range(80):
        chosen.press("-")
    assert floor.rate == RATE_MIN


def test_other_keys_hold_quit_or_do_nothing() -> None:
    chosen, floor = controls()
    chosen.press(" ")
    assert chosen.held
    chosen.press(" ")
    chosen.press("x")
    assert (chosen.held, chosen.done, chosen.symbol, floor.rate) == (False, False, "BTC/USDT", 1000)
    chosen.press("q")
    assert chosen.done
