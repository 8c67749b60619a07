"""Peers of the book's benchmark: what is not there is said, and the plain book does as the whole one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from engine_builders import BUY, FOK, IOC, SELL, cancel, instrument, market, new

from benchmarks import peers
from benchmarks.plain_book import PlainBook
from engine.book import Book
from engine.types import SCALE


def test_a_quick_run_installs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peers, "DIRECTORY", tmp_path / "peers")
    told: list[str] = []
    missing = peers.install(told.append, quick=True)
    assert list(missing) == list(peers.VERSIONS)
    assert told == []
    assert not (tmp_path / "peers").exists()


def test_a_peer_that_cannot_be_imported_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    (bin_directory / "python").symlink_to(sys.executable)
    monkeypatch.setattr(peers, "DIRECTORY", tmp_path)
    missing: dict[str, str] = {}
    with peers.started(["pyorderbook"], tmp_path / "no stream", 1, missing) as started:
        assert started == []
    assert missing == {"pyorderbook": "its process has ended"}


def test_the_plain_book_says_what_the_whole_one_says() -> None:
    whole, plain = Book(instrument()), PlainBook(instrument())
    for command in (
        new("a", SELL, 2 * SCALE, 101 * SCALE),
        new("b", SELL, 3 * SCALE, 102 * SCALE),
        new("c", BUY, SCALE, 99 * SCALE),
        new("fills", BUY, 3 * SCALE, 102 * SCALE),
        new("kills", BUY, 9 * SCALE, 102 * SCALE, tif=FOK),
        new("rests in part", BUY, 3 * SCALE, 102 * SCALE),
        new("ioc", SELL, 9 * SCALE, 102 * SCALE, tif=IOC),
        market("market", SELL, 9 * SCALE, 90 * SCALE),
        new("off the tick", BUY, SCALE, 1),
    ):
        assert whole.new_order(command) == plain.new_order(command), command
    for command in (new("d", BUY, SCALE, 98 * SCALE), new("e", BUY, SCALE, 98 * SCALE)):
        assert whole.new_order(command) == plain.new_order(command)
    for gone in ("d", "d", "nobody"):
        assert whole.cancel(cancel("x", gone)) == plain.cancel(cancel("x", gone))
    assert whole.orders_resting == plain.orders_resting == 1
