"""``tradeengine trade``: order entry over the binary port, one request at a time or at a prompt."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tradeengine.trade_usage import CLAUSES, LISTS, USAGE

# The command line imports this module only to list its options, so what a request needs is imported when there is one.
if TYPE_CHECKING:
    from tradeengine.trade_session import Login
    from tradeengine.trade_words import Request

USER_VARIABLE, PASSWORD_VARIABLE = "TRADE_USER", "TRADE_PASSWORD"
HOST_VARIABLE, PORT_VARIABLE = "TRADE_HOST", "TRADE_PORT"
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 9900
_FAILED = 2
_TIFS = ("day", "gtc", "ioc", "fok", "opg", "atc", "gfa")

_EXAMPLES = f"""
examples:
  export {USER_VARIABLE}=TRADR1 {PASSWORD_VARIABLE}=demo
  tradeengine trade buy AAPL 100 @ 190.50
  tradeengine trade sell BTC/USDT 0.25 --type market --tif ioc
  tradeengine trade sell AAPL 100 stop 185 or sell @ 200 post-only
  tradeengine trade book AAPL 5
  tradeengine trade orders
  tradeengine trade replace 1795261811314885 80 @ 190.40
  tradeengine trade mass-cancel AAPL --side buy
  tradeengine trade watch 1
  tradeengine trade                          a prompt that takes the same words

exit status: 0 done, 1 rejected by the venue, 2 wrong usage or no connection
"""


class LoginUnknown(ValueError):
    """Whom to log in as, or where, was not said or makes no sense."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``trade`` to the command line; its ``run`` takes the parsed arguments and returns the exit status."""
    parser = subparsers.add_parser(
        "trade",
        help="enter orders over the binary port, one at a time or at a prompt",
        description="Enter orders over the binary port: one request, or without words a prompt for many.\n\n"
        + _requests(),
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help="a request, as listed above")
    parser.add_argument("--user", help=f"user name; or set {USER_VARIABLE}")
    parser.add_argument("--password", help=f"better set {PASSWORD_VARIABLE}; asked for if neither is given")
    parser.add_argument("--host", help=f"where the venue is (default: {HOST_VARIABLE} or {DEFAULT_HOST})")
    parser.add_argument("--port", help=f"its binary port (default: {PORT_VARIABLE} or {DEFAULT_PORT})")
    parser.add_argument("--type", choices=("limit", "market", "mtl"), help="of a new order; a price means limit")
    parser.add_argument("--tif", choices=_TIFS, help="how long a new order stays (default: gtc)")
    parser.add_argument("--side", choices=("buy", "sell"), help="only this side (mass-cancel)")
    parser.set_defaults(run=run)


def _requests() -> str:
    width = max(len(words) for words, _ in (*USAGE, *LISTS, *CLAUSES))

    def listed(title: str, rows: tuple[tuple[str, str], ...]) -> str:
        return f"{title}:\n" + "\n".join(f"  {words:<{width}}  {meaning}" for words, meaning in rows)

    parts = listed("requests", USAGE), listed("lists", LISTS), listed("clauses of an order, in any order", CLAUSES)
    return "\n\n".join(parts)


def run(args: argparse.Namespace) -> int:
    """Carry out the request in ``args``, or requests from the prompt. 0 done, 1 rejected, 2 usage or connection."""
    from tradeengine.trade_reading import UsageError

    try:
        request = request_from(args)
        login = login_from(args, os.environ, _ask_password)
    except (UsageError, LoginUnknown) as error:
        print(f"tradeengine trade: {error}", file=sys.stderr)
        return _FAILED
    if request is None:
        from tradeengine.trade_prompt import run_prompt

        return run_prompt(login)
    from tradeengine.trade_session import run_once

    return run_once(login, request)


def request_from(args: argparse.Namespace) -> Request | None:
    """The request that the words and options make; None without words. Raises ``UsageError``."""
    from tradeengine.trade_reading import UsageError
    from tradeengine.trade_words import Help, Quit, parse

    options = [(name, getattr(args, name)) for name in ("type", "tif", "side")]
    given = [word for name, value in options if value is not None for word in (f"--{name}", value)]
    if not args.words:
        if given:
            raise UsageError(f"{given[0]} needs a request")
        return None
    request = parse(args.words + given)
    if isinstance(request, Help | Quit):
        raise UsageError(f"{args.words[0]} is a word of the prompt; see tradeengine trade --help")
    return request


def login_from(args: argparse.Namespace, environ: Mapping[str, str], ask_password: Callable[[str], str]) -> Login:
    """Who and where, from the options, else from the environment, else (the password) asked for.

    Raises:
        LoginUnknown: no user, or a port that is none.
    """
    from tradeengine.trade_session import Login

    user = args.user or environ.get(USER_VARIABLE, "")
    if not user:
        raise LoginUnknown(f"who is trading? Give --user, or set {USER_VARIABLE}")
    host = args.host or environ.get(HOST_VARIABLE, "") or DEFAULT_HOST
    port = args.port or environ.get(PORT_VARIABLE, "") or str(DEFAULT_PORT)
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65_535):
        raise LoginUnknown(f"port {port!r}: must be a number from 1 to 65535")
    password = args.password if args.password is not None else environ.get(PASSWORD_VARIABLE)
    return Login(host, int(port), user, ask_password(user) if password is None else password)


def _ask_password(user: str) -> str:
    if not sys.stdin.isatty():
        raise LoginUnknown(f"no password: set {PASSWORD_VARIABLE}, or give --password")
    try:
        return getpass.getpass(f"Password of {user}: ")
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        raise LoginUnknown("no password") from None
