"""``tradeengine market``: what it asks the venue, and the tables that it prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tradeengine.admin_client import AdminClient, AdminError
from tradeengine.cli import main

LEVEL = {"px": "100.5", "qty": "3", "orders": 2}
TRADE = {
    "trade_id": 7, "time": "2026-01-02T10:00:00Z", "px": "101", "qty": "1.5", "aggressor": "", "auction": True,
    "busted": False, "corrected": True,
}  # fmt: skip
TOP = {
    "symbol": "BTC/USDT", "sequence": 9, "status": "ACTIVE", "phase": "OPENING_AUCTION", "phase_until": "",
    "bid": LEVEL, "ask": None, "last": None, "indicative": {"px": "100", "qty": "2", "surplus": "-1"},
    "limit_state": {"side": "BUY", "until": ""}, "reference_px": "",
}  # fmt: skip
PERIOD = {"since": "2026-01-02T00:00:00Z", "open": "100", "volume": "5"}
ANSWERS: dict[str, Any] = {
    "book": {"bids": [LEVEL, {**LEVEL, "px": "99"}], "asks": [{**LEVEL, "px": "101"}]},
    "orders": {
        "bids": [{"order_id": 5, "px": "100.5", "qty": "3"}],
        "asks": [{"order_id": 6, "px": "101", "qty": "1"}],
    },
    "top": TOP,
    "trades": {"trades": [TRADE]},
    "candles": {"candles": [{"time": "2026-01-02T10:00:00Z", "open": "101", "trades": 3, "vwap": ""}]},
    "statistics": {"day": "2026-01-03", "rolling_24h": PERIOD, "session": PERIOD},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    seen: list[tuple[Any, ...]] = []

    def market(self: AdminClient, symbol: str, view: str, query: dict[str, str]) -> Any:
        seen.append((symbol, view, query))
        if symbol == "DOGE":
            raise AdminError("there is no instrument 'DOGE'")
        return ANSWERS[view]

    monkeypatch.setattr(AdminClient, "market", market)
    return seen


def shown(capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: str) -> list[list[str]]:
    """The words of each line."""
    assert main(["market", "--data-dir", str(tmp_path), *arguments]) == 0
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_the_book_shows_bids_beside_asks(asked: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = shown(capsys, tmp_path, "book", "BTC/USDT", "--depth", "5")
    assert lines[1:] == [["2", "3", "100.5", "101", "3", "2"], ["2", "3", "99"]]
    assert asked == [("BTC/USDT", "book", {"depth": "5"})]


def test_orders_trades_candles_and_statistics_are_tables(
    asked: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert shown(capsys, tmp_path, "orders", "X")[1:] == [["BUY", "5", "100.5", "3"], ["SELL", "6", "101", "1"]]
    assert shown(capsys, tmp_path, "trades", "X", "--limit", "1")[1] == [
        "2026-01-02T10:00:00Z", "7", "101", "1.5", "auction,corrected",
    ]  # fmt: skip
    candles = shown(capsys, tmp_path, "candles", "X", "--interval", "1h", "--from", "5", "--to", "6", "--fill")
    assert candles == [["TIME", "OPEN", "TRADES", "VWAP"], ["2026-01-02T10:00:00Z", "101", "3"]]
    assert [line[:2] for line in shown(capsys, tmp_path, "stats", "X")[1:]] == [["24", "h"], ["day", "2026-01-03"]]
    assert [query for _, _, query in asked] == [
        {}, {"limit": "1"}, {"interval": "1h", "from": "5", "to": "6", "fill": "true"}, {},
    ]  # fmt: skip
    assert asked[-1][1] == "statistics"


def test_the_top_shows_what_is_special_only_where_it_is(
    asked: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, row = shown(capsys, tmp_path, "top", "X")
    assert names[-4:] == ["INDICATIVE", "QTY", "LIMIT", "STATE"]
    assert row == ["BTC/USDT", "OPENING_AUCTION", "ACTIVE", "3", "100.5", "100", "2", "BUY"]
    monkeypatch.setitem(ANSWERS, "top", {**TOP, "indicative": None, "limit_state": None})
    assert shown(capsys, tmp_path, "top", "X")[0][-2:] == ["LAST", "QTY"]


def test_the_answer_as_it_is_and_errors(asked: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["market", "--url", "http://127.0.0.1:1", "--json", "book", "BTC/USDT"]) == 0
    assert json.loads(capsys.readouterr().out) == ANSWERS["book"]
    assert main(["market", "--data-dir", str(tmp_path), "book", "DOGE"]) == 1
    assert capsys.readouterr().err == "tradeengine: there is no instrument 'DOGE'\n"


def test_the_client_asks_the_port_for_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    paths: list[str] = []
    monkeypatch.setattr(AdminClient, "_request", lambda self, method, path, body: paths.append(path))
    client = AdminClient("http://127.0.0.1:1", "", "")
    client.market("BTC/USDT", "book", {})
    client.market("BTC/USDT", "candles", {"from": "2026-01-02T10:00:00Z"})
    assert paths == ["/market/BTC%2FUSDT/book", "/market/BTC%2FUSDT/candles?from=2026-01-02T10%3A00%3A00Z"]
