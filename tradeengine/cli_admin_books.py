"""``tradeengine admin``: instruments, their books and their trades."""

from __future__ import annotations

import argparse
from typing import Any

from tradeengine.admin_client import AdminClient
from tradeengine.cli_admin_common import Action, entry_options, given, subcommand
from tradeengine.cli_common import Parsers

_SET_HELP = "a rule and its value, as in the configuration, e.g. tick_size=0.01 or protection.collar_rate=0.05"
_REASON_HELP = "what the parties are told"


def register(commands: Parsers) -> None:
    _register_status(commands)
    _register_rules(commands)
    _register_cancels(commands)
    _register_trades(commands)


# ---- status, phase, reference price -------------------------------------------------------------------------------


def _register_status(commands: Parsers) -> None:
    subcommand(commands, "instruments", lambda venue, _: venue.get("instruments"), "list all instruments")
    subcommand(commands, "halt", _status("HALTED"), "stop new orders in a symbol; cancels pass", "symbol")
    subcommand(commands, "resume", _status("ACTIVE"), "take new orders in a symbol again", "symbol")
    subcommand(commands, "maintenance", _status("MAINTENANCE"), "as halt, for maintenance", "symbol")
    subcommand(commands, "delist", _status("DELISTED"), "cancel every order of a symbol and end it for ever", "symbol")
    subcommand(commands, "status", _status(""), "set ACTIVE, HALTED, MAINTENANCE or DELISTED", "symbol", "status")
    parser = subcommand(
        commands, "phase", _phase, "enter a trading phase; leaving an auction uncrosses it", "symbol", "phase"
    )
    parser.add_argument("--reason", default="", help="why, for the journal")
    subcommand(
        commands, "reference-price", _reference_price, "set what bands and auctions are measured from", "symbol", "px"
    )


def _status(status: str) -> Action:
    def action(venue: AdminClient, args: argparse.Namespace) -> Any:
        return venue.post("instruments", args.symbol, "status", body={"status": status or args.status.upper()})

    return action


def _phase(venue: AdminClient, args: argparse.Namespace) -> Any:
    body = {"phase": args.phase.upper(), "reason": args.reason}
    return venue.post("instruments", args.symbol, "phase", body=body)


def _reference_price(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("instruments", args.symbol, "reference-price", body={"px": args.px})


# ---- rules --------------------------------------------------------------------------------------------------------


def _register_rules(commands: Parsers) -> None:
    subcommand(commands, "rules", _rules, "an instrument's rules as they are in force", "symbol")
    parser = subcommand(commands, "list-instrument", _list, "list a new instrument", "symbol")
    parser.add_argument("--like", metavar="SYMBOL", help="begin with the rules of this one")
    _rule_options(parser)
    parser = subcommand(
        commands, "change-instrument", _change, "new rules for orders from now on; those that rest stay", "symbol"
    )
    _rule_options(parser)


def _rule_options(parser: argparse.ArgumentParser) -> None:
    entry_options(parser, "rules as YAML, in the form of an entry of `instruments`", _SET_HELP)


def _rules(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.get("instruments", args.symbol)


def _list(venue: AdminClient, args: argparse.Namespace) -> Any:
    like = venue.get("instruments", args.like) if args.like else {}
    return venue.post("instruments", body=given(args, like) | {"symbol": args.symbol})


def _change(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("instruments", args.symbol, "changes", body=given(args, {}))


# ---- cancels ------------------------------------------------------------------------------------------------------


def _register_cancels(commands: Parsers) -> None:
    parser = subcommand(commands, "cancel-orders", _cancel, "cancel open orders; new ones are taken all the same")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--symbol", help="all of this book")
    whose.add_argument("--account", help="all of this account")
    whose.add_argument("--session", metavar="SESSION_ID", help="all that this session sent")
    whose.add_argument("--all", action="store_true", help="all of the venue")


def _cancel(venue: AdminClient, args: argparse.Namespace) -> Any:
    for kind, name in (("instruments", args.symbol), ("accounts", args.account), ("sessions", args.session)):
        if name is not None:
            return venue.post(kind, name, "cancel-orders")
    return venue.post("cancel-orders")


# ---- trades -------------------------------------------------------------------------------------------------------


def _register_trades(commands: Parsers) -> None:
    subcommand(commands, "trade", lambda venue, args: venue.get("trades", args.trade_id), "look up a trade", "trade_id")
    parser = subcommand(commands, "bust", _bust, "undo a trade: money, assets and fees go back", "trade_id")
    parser.add_argument("--reason", default="", help=_REASON_HELP)
    parser = subcommand(
        commands, "correct", _correct, "settle a trade at another price or a smaller quantity", "trade_id", "px", "qty"
    )
    parser.add_argument("--reason", default="", help=_REASON_HELP)


def _bust(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("trades", args.trade_id, "bust", body={"reason": args.reason})


def _correct(venue: AdminClient, args: argparse.Namespace) -> Any:
    body = {"px": args.px, "qty": args.qty, "reason": args.reason}
    return venue.post("trades", args.trade_id, "correct", body=body)
