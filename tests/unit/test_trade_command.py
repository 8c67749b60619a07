"""The command line of ``trade``: options, environment, and what is asked for."""

from __future__ import annotations

import argparse
import io

import pytest
from rich.console import Console
from rich.text import Text

from tradeengine import trade
from tradeengine.trade_orders import Place
from tradeengine.trade_prompt import Prompt
from tradeengine.trade_reading import UsageError
from tradeengine.trade_session import Login
from tradeengine.trade_words import MassCancel


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    trade.register(parser.add_subparsers())
    return parser.parse_args(["trade", *words])


def never_asked(user: str) -> str:
    raise AssertionError(f"the password of {user} was asked for")


def test_options_may_stand_before_and_after_the_words() -> None:
    behind = trade.request_from(arguments("buy", "AAPL", "100", "@", "190.50", "--user", "T", "--tif", "ioc"))
    before = trade.request_from(arguments("--user", "T", "--tif", "ioc", "buy", "AAPL", "100", "@", "190.50"))
    assert isinstance(behind, Place)
    assert behind == before


def test_options_are_the_words_that_the_prompt_takes() -> None:
    request = trade.request_from(arguments("mass-cancel", "--side", "sell"))
    assert isinstance(request, MassCancel)
    assert request.side is not None


def test_no_words_are_the_prompt() -> None:
    assert trade.request_from(arguments()) is None


@pytest.mark.parametrize(
    "words", [("--tif", "ioc"), ("help",), ("quit",), ("buy", "AAPL"), ("book", "AAPL", "--tif", "ioc")]
)
def test_what_is_no_request_of_the_command_line_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        trade.request_from(arguments(*words))


def test_login_comes_from_options_then_environment_then_defaults() -> None:
    environ = {"TRADE_USER": "E", "TRADE_PASSWORD": "ep", "TRADE_HOST": "there", "TRADE_PORT": "99"}
    assert trade.login_from(arguments(), environ, never_asked) == Login("there", 99, "E", "ep")
    options = arguments("--user", "O", "--password", "op", "--host", "here", "--port", "88")
    assert trade.login_from(options, environ, never_asked) == Login("here", 88, "O", "op")
    assert trade.login_from(arguments("--user", "O"), {}, lambda user: f"{user}'s") == Login(
        "127.0.0.1", 9900, "O", "O's"
    )


def test_an_empty_password_is_a_password() -> None:
    assert trade.login_from(arguments("--user", "O", "--password", ""), {}, never_asked).password == ""


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "999999", "²"])
def test_ports_that_are_none_are_refused(port: str) -> None:
    with pytest.raises(trade.LoginUnknown, match="must be a number from 1 to 65535"):
        trade.login_from(arguments("--user", "O", f"--port={port}"), {}, never_asked)


def test_without_a_user_it_says_how_to_give_one() -> None:
    with pytest.raises(trade.LoginUnknown, match="Give --user, or set TRADE_USER"):
        trade.login_from(arguments(), {}, never_asked)


def test_a_password_stays_out_of_what_is_printed() -> None:
    assert "secret" not in repr(Login("h", 1, "U", "secret"))


def test_wrong_usage_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    args = arguments("buy", "AAPL")
    assert args.run(args) == 2
    assert "QTY is missing; usage: buy SYMBOL QTY @ PRICE" in capsys.readouterr().err


def test_clients_count_their_ids_from_the_time_so_that_none_are_shared() -> None:
    login = Login("h", 1, "U", "p")
    first, second = (login.client(0)._link._next_cl_ord_id for _ in range(2))
    assert 1_700_000_000_000_000 < first <= second


def test_reports_are_printed_above_the_line_that_is_being_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stdout", written)
    monkeypatch.setattr("readline.get_line_buffer", lambda: "buy AA")
    prompt = Prompt(Console(file=written, width=80, color_system=None), "T> ")

    def type_while_a_report_comes(_: str) -> str:
        prompt.say(Text("a report"))
        return "orders"

    monkeypatch.setattr("builtins.input", type_while_a_report_comes)
    typed = prompt.lines()
    assert next(typed) == "orders"
    assert written.getvalue() == "\r\x1b[Ka report\nT> buy AA"
    prompt.say(Text("an answer"))
    assert written.getvalue().endswith("buy AAan answer\n")


def test_ctrl_c_drops_the_line_and_ctrl_d_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = Prompt(Console(file=io.StringIO()), "T> ")
    keys = iter([KeyboardInterrupt, "orders", EOFError])

    def pressed(_: str) -> str:
        key = next(keys)
        if isinstance(key, str):
            return key
        raise key

    monkeypatch.setattr("builtins.input", pressed)
    assert list(prompt.lines()) == ["orders"]
