"""``tradeengine trade`` against a running venue: each request as a process or a call, with its exit status."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable

import pytest
from terminal import run_in_terminal
from venue_process import ROOT, VenueProcess, command

from tradeengine.cli import main

DONE, REJECTED, FAILED = 0, 1, 2
Trade = Callable[..., tuple[int, str, str]]
_ID = re.compile(r"#\d+ (\d+)$", re.MULTILINE)


@pytest.fixture
def trade(shared_venue: VenueProcess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Trade:
    """``trade("buy AAPL 1 @ 2")`` → exit status, output, errors. TRADR1 has no open orders at first."""
    monkeypatch.setenv("TRADE_USER", "TRADR1")
    monkeypatch.setenv("TRADE_PASSWORD", "demo")
    monkeypatch.setenv("TRADE_PORT", str(shared_venue.ports.binary))

    def run(words: str, *options: str) -> tuple[int, str, str]:
        status = main(["trade", *words.split(), *options])
        said = capsys.readouterr()
        return status, said.out, said.err

    for user in ("TRADR1", "TRADR2"):
        assert run("mass-cancel", "--user", user)[0] == DONE
    return run


def test_an_order_is_placed_seen_changed_and_canceled(trade: Trade) -> None:
    status, said, _ = trade("buy AAPL 100 @ 190.50")
    assert status == DONE
    assert "accepted   BUY  100 AAPL @ 190.50 gtc" in said
    (cl_ord_id,) = _ID.findall(said)

    assert "1       100   190.50" in trade("book aapl")[1]
    status, said, _ = trade("orders")
    assert (status, cl_ord_id in said) == (DONE, True)

    status, said, _ = trade(f"replace {cl_ord_id} 80")
    assert status == DONE
    assert "replaced   BUY  80 AAPL @ 190.50, 80 left, kept its place" in said
    (cl_ord_id,) = _ID.findall(said)
    status, said, _ = trade(f"replace {cl_ord_id} 80 @ 190.40")
    assert "80 AAPL @ 190.40, 80 left, went to the back" in said
    (cl_ord_id,) = _ID.findall(said)

    status, said, _ = trade(f"cancel {cl_ord_id}")
    assert status == DONE
    assert "canceled   BUY  AAPL, nothing had been filled (as asked)" in said
    assert trade("orders")[:2] == (DONE, "no open orders\n")
    assert trade("book AAPL")[:2] == (DONE, "the book is empty\n")
    assert "canceled" in trade(f"status {cl_ord_id}")[1]


def test_two_traders_trade(trade: Trade) -> None:
    trade("sell GOOG 10 @ 190")
    status, said, _ = trade("buy GOOG 4 @ 191", "--user", "TRADR2")
    assert status == DONE
    assert "executed   BUY  4 GOOG @ 190.00, filled, fee 0.152 as taker" in said
    status, said, _ = trade("buy GOOG 10", "--type", "market", "--user", "TRADR2")
    assert status == DONE
    assert "6 GOOG @ 190.00, 4 left" in said
    assert "canceled   BUY  GOOG, 6 had been filled (immediate-or-cancel" in said


def test_orders_can_be_named_by_the_venues_number(trade: Trade) -> None:
    _, said, _ = trade("buy AMZN 5 @ 100")
    found = re.search(r"(#\d+)", said)
    assert found is not None
    assert trade(f"cancel {found[1]}")[0] == DONE


def test_special_orders_are_placed_shown_and_changed(trade: Trade) -> None:
    status, said, _ = trade("sell AMZN 10 @ 180 stop 181 reduce-only")
    assert status == DONE
    assert "accepted   SELL 10 AMZN @ 180.00 gtc, stop 181.00, reduce-only, waits for its trigger  #" in said
    (stop,) = _ID.findall(said)
    assert trade("book AMZN")[1] == "the book is empty\n"
    status, said, _ = trade(f"replace {stop} stop 182")
    assert (status, "stop 182.00" in said) == (DONE, True)
    (stop,) = _ID.findall(said)
    _, said, _ = trade("buy AMZN 10 @ 170 show 2")
    assert "gtc, show 2  #" in said
    assert "1         2   170.00" in trade("book AMZN")[1]
    said = trade("orders AMZN")[1]
    assert "stop 182.00, reduce-only, waits for its trigger" in said
    assert trade(f"cancel {stop}")[0] == DONE
    status, said, _ = trade("buy AMZN 10 @ 170 show 2 hidden")
    assert (status, "REJECTED" in said) == (REJECTED, True)


def test_a_bracket_protects_what_its_entry_bought(trade: Trade) -> None:
    status, said, _ = trade("buy SOL/USDT 10 @ 150 then sell @ 160 or sell stop 140")
    assert (status, said.count("accepted"), said.count("waits for its entry")) == (DONE, 3, 2)
    trade("sell SOL/USDT 10 @ 150", "--user", "TRADR2")
    said = trade("orders SOL/USDT")[1]
    assert "stop 140.00" in said
    assert "BUY" not in said
    trade("buy SOL/USDT 4 @ 160", "--user", "TRADR2")
    assert "160.00" in trade("orders SOL/USDT")[1], "what is left of the filled leg goes on"
    assert "stop 140.00" not in trade("orders SOL/USDT")[1]


def test_a_list_that_is_refused_is_status_1(trade: Trade) -> None:
    status, said, _ = trade("sell AAPL 10 @ 240 or sell stop 225.005")
    assert (status, said.count("REJECTED")) == (REJECTED, 2)
    assert "leg 2 of the list was refused" in said


def test_mass_cancel_keeps_to_symbol_and_side(trade: Trade) -> None:
    for words in ("buy AMZN 5 @ 100", "sell AMZN 5 @ 300", "buy AAPL 5 @ 100"):
        assert trade(words)[0] == DONE
    status, said, _ = trade("mass-cancel amzn", "--side", "buy")
    assert (status, "mass cancel: 1 order canceled in AMZN" in said) == (DONE, True)
    assert "mass cancel: 2 orders canceled" in trade("mass-cancel")[1]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("buy AAPL 10 @ 190.505", "price 190.505 is not a positive multiple of the tick 0.01"),
        ("buy AAPL 0.5 @ 190", "quantity 0.5 is not a positive multiple of the lot 1"),
    ],
)
def test_what_the_venue_rejects_is_status_1(trade: Trade, words: str, reason: str) -> None:
    status, said, _ = trade(words)
    assert status == REJECTED
    assert "REJECTED" in said
    assert reason in said


@pytest.mark.parametrize("words", ["cancel 99", "replace 99 10 @ 5", "status 99", "cancel #99"])
def test_orders_that_are_not_there_are_status_1(trade: Trade, words: str) -> None:
    status, _, errors = trade(words)
    assert status == REJECTED
    assert "there is no order" in errors


def test_an_order_that_has_ended_cannot_be_canceled_again(trade: Trade) -> None:
    (cl_ord_id,) = _ID.findall(trade("buy AAPL 1 @ 1")[1])
    assert trade(f"cancel {cl_ord_id}")[0] == DONE
    status, said, _ = trade(f"cancel {cl_ord_id}")
    assert (status, f"REJECTED   cancel {cl_ord_id}" in said) == (REJECTED, True)


@pytest.mark.parametrize(
    ("words", "options", "reason"),
    [
        ("buy NOPE 1 @ 1", (), "unknown symbol 'NOPE': the venue lists BTC/USDT"),
        ("orders", ("--password", "wrong"), "not authorised"),
        ("orders", ("--user", "MUCHTOOLONG"), "must be at most 6 ASCII characters"),
        ("orders", ("--port", "1"), "cannot connect to 127.0.0.1:1"),
    ],
)
def test_what_never_reaches_the_book_is_status_2(
    trade: Trade, words: str, options: tuple[str, ...], reason: str
) -> None:
    status, _, errors = trade(words, *options)
    assert status == FAILED
    assert reason in errors


def test_instruments_are_listed_with_their_rules(trade: Trade) -> None:
    status, said, _ = trade("instruments")
    assert status == DONE
    assert len(said.splitlines()) == 12


def test_watch_follows_reports_until_it_is_interrupted(trade: Trade) -> None:
    trade("buy AAPL 3 @ 3")
    process = subprocess.Popen(command("trade", "watch", "1"), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = next(line for line in process.stdout if "BUY  3 AAPL @ 3.00" in line)
    assert "accepted" in seen
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert process.wait(60) == DONE


def test_a_script_of_lines_runs_to_the_worst_status(trade: Trade) -> None:
    def piped(lines: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command("trade"), cwd=ROOT, input=lines, capture_output=True, text=True, timeout=60, check=False
        )

    ran = piped("buy AAPL 2 @ 2\n\nmass-cancel\nwatch 1\nbuy AAPL 2 @ 2.001\norders\n")
    assert ran.returncode == REJECTED
    lines = ran.stdout.splitlines()
    assert "accepted" in lines[0]
    assert lines[-1] == "no open orders"
    assert sum("2 AAPL @ 2.00 gtc" in line for line in lines) == 2, "once as it came, once watched"
    ran = piped("help\nnonsense\nquit\norders\n")
    assert ran.returncode == FAILED
    assert "mass-cancel [SYMBOL] [SIDE]" in ran.stdout
    assert "no open orders" not in ran.stdout
    assert "unknown command 'nonsense'" in ran.stderr


def test_the_prompt_takes_requests_in_a_terminal(trade: Trade) -> None:
    typed = [
        (b"TRADR1> ", b"buy AAPL 6 @ 6\n"),
        (b"accepted", b"mass-c\t\n"),
        (b"1 order canceled", b"quit\n"),
    ]
    said, status = run_in_terminal(command("trade"), typed)
    assert status == DONE
    assert b"help lists what you can do" in said
    assert b"6 AAPL" in said
