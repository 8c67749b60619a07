"""``tradeengine admin``: what operators do with a running venue, over its HTTP port."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tradeengine import cli_admin_books, cli_admin_sessions
from tradeengine.admin_client import AdminClient, AdminError
from tradeengine.admin_token import TokenUnusable
from tradeengine.cli_admin_common import client_of, shown, subcommand, venue_options
from tradeengine.cli_common import EXIT_FAILED, EXIT_OK, Parsers, fail

_DESCRIPTION = """\
Operate a running venue. Every change is an event in its journal, with your name; the command returns when it is
durable. The venue is found by --url, or by what --data-dir and --config say; the token by --token, --token-file,
TRADE_ENGINE_ADMIN__TOKEN, the configuration, or the data directory.
"""


def register(subparsers: Parsers) -> None:
    parser = subparsers.add_parser(
        "admin",
        help="deposits, accounts, sessions, halts, listings, busts: operate a running venue",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    venue_options(parser)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    _register_accounts(commands)
    cli_admin_sessions.register(commands)
    cli_admin_books.register(commands)
    subcommand(
        commands,
        "hash-state",
        lambda venue, _: venue.post("state-hashes"),
        "journal the state's hash, for `tradeengine journal verify` to compare",
    )


def run(args: argparse.Namespace) -> int:
    try:
        answer = args.action(client_of(args), args)
    except (AdminError, TokenUnusable) as error:
        return fail(str(error), EXIT_FAILED)
    print(json.dumps(answer, indent=2) if args.json else shown(answer))
    return EXIT_OK


# ---- accounts -----------------------------------------------------------------------------------------------------


def _register_accounts(commands: Parsers) -> None:
    subcommand(commands, "accounts", lambda venue, _: venue.get("accounts"), "list all accounts")
    subcommand(commands, "balances", _balances, "an account's balances", "account")
    subcommand(commands, "orders", _orders, "an account's open orders", "account")
    subcommand(commands, "deposit", _deposit, "credit an account", "account", "asset", "amount")
    subcommand(commands, "withdraw", _withdraw, "debit an account of what is free", "account", "asset", "amount")
    subcommand(
        commands, "block", _block, "cancel an account's orders and take no new ones; its cancels pass", "account"
    )
    subcommand(commands, "unblock", _unblock, "let an account trade again", "account")
    parser = subcommand(commands, "add-account", _add_account, "open a new account", "account", "firm")
    parser.add_argument("--balance", action="append", default=[], metavar="ASSET=AMOUNT", help="may be repeated")
    parser.add_argument("--max-order-qty", default="0", metavar="QTY", help="largest order, in base; 0 = no limit")
    parser.add_argument("--max-order-notional", default="0", metavar="AMOUNT", help="the same in quote; 0 = no limit")


def _balances(venue: AdminClient, args: argparse.Namespace) -> Any:
    answer = venue.get("accounts", args.account, "balances")
    return answer if args.json else answer["balances"]


def _orders(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.get("accounts", args.account, "orders")


def _deposit(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("accounts", args.account, "deposits", body={"asset": args.asset, "amount": args.amount})


def _withdraw(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("accounts", args.account, "withdrawals", body={"asset": args.asset, "amount": args.amount})


def _block(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("accounts", args.account, "block")


def _unblock(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("accounts", args.account, "unblock")


def _add_account(venue: AdminClient, args: argparse.Namespace) -> Any:
    balances: dict[str, str] = {}
    for text in args.balance:
        asset, separator, amount = text.partition("=")
        if not separator:
            raise AdminError(f"--balance: {text!r} is not allowed; expected ASSET=AMOUNT")
        balances[asset] = amount
    body = {
        "name": args.account,
        "firm": args.firm,
        "balances": balances,
        "max_order_qty": args.max_order_qty,
        "max_order_notional": args.max_order_notional,
    }
    return venue.post("accounts", body=body)
