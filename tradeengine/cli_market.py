"""``tradeengine market``: what the public sees of an instrument, from a running venue's admin port."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from tradeengine.admin_client import AdminClient, AdminError
from tradeengine.cli_common import EXIT_FAILED, EXIT_OK, Parsers, fail, settings_of, settings_options
from tradeengine.ports_file import local_address, read_ports
from tradeengine.tables import columns

Rows = list[dict[str, str]]

_DESCRIPTION = """\
Look at a running venue's market: needs no token. The venue is found by --url, or by what --data-dir and --config say.
"""


def register(subparsers: Parsers) -> None:
    parser = subparsers.add_parser(
        "market",
        help="order book, top, trades, candles and statistics of an instrument",
        description=_DESCRIPTION,
    )
    settings_options(parser)
    parser.add_argument("--url", metavar="URL", help="the admin port, e.g. http://127.0.0.1:9464")
    parser.add_argument("--json", action="store_true", help="print the venue's answer as it is")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    book = _command(commands, "book", _book, "price levels, bids beside asks", "depth")
    orders = _command(commands, "orders", _orders, "displayed orders, bids then asks, in priority order", "depth")
    for each in (book, orders):
        each.add_argument("--depth", metavar="N", help="price levels of each side")
    _command(commands, "top", _top, "best bid and offer, last trade, phase")
    trades = _command(commands, "trades", _trades, "the newest trades", "limit")
    trades.add_argument("--limit", metavar="N", help="how many")
    candles = _command(
        commands, "candles", _candles, "open, high, low, close and volume", "interval", "from", "to", "limit", "fill"
    )
    candles.add_argument("--interval", help="1s, 5s, 15s, 1m, 5m, 15m, 1h, 4h or 1d (default: 1m)")
    candles.add_argument("--from", metavar="TIME", help="from when, e.g. 2026-01-02T10:00:00Z")
    candles.add_argument("--to", metavar="TIME", help="until before when")
    candles.add_argument("--limit", metavar="N", help="how many")
    candles.add_argument("--fill", action="store_const", const="true", help="flat candles where nothing traded")
    _command(commands, "stats", _statistics, "the last 24 hours and the trading day", path="statistics")


def _command(
    commands: Parsers, name: str, show: Callable[[Any], Rows], help_text: str, *parameters: str, path: str = ""
) -> argparse.ArgumentParser:
    """One subcommand; its ``parameters`` are the options that go into the query, ``path`` what the venue calls it."""
    parser = commands.add_parser(name, help=help_text, description=help_text[:1].upper() + help_text[1:] + ".")
    parser.add_argument("symbol", metavar="SYMBOL", help="e.g. BTC/USDT")
    parser.set_defaults(run=run, view=path or name, show=show, parameters=parameters)
    return parser


def run(args: argparse.Namespace) -> int:
    asked = {key: getattr(args, key) for key in args.parameters}
    try:
        answer = _client(args).market(args.symbol, args.view, {key: value for key, value in asked.items() if value})
    except AdminError as error:
        return fail(str(error), EXIT_FAILED)
    print(json.dumps(answer, indent=2) if args.json else columns(args.show(answer)))
    return EXIT_OK


def _client(args: argparse.Namespace) -> AdminClient:
    url = args.url
    if not url:
        settings = settings_of(args)
        port = read_ports(settings.data_dir).get("admin", settings.admin.port)
        url = f"http://{local_address(settings.admin.host, port)}"
    return AdminClient(url, "", "")


# ---- tables -------------------------------------------------------------------------------------------------------


def _book(answer: Any) -> Rows:
    bids, asks = answer["bids"], answer["asks"]
    rows: Rows = []
    for at in range(max(len(bids), len(asks))):
        bid = bids[at] if at < len(bids) else {}
        ask = asks[at] if at < len(asks) else {}
        rows.append({
            "orders": str(bid.get("orders", "")),
            "bid qty": bid.get("qty", ""),
            "bid": bid.get("px", ""),
            "ask": ask.get("px", ""),
            "ask qty": ask.get("qty", ""),
            "orders ": str(ask.get("orders", "")),
        })  # fmt: skip
    return rows


def _orders(answer: Any) -> Rows:
    return [
        {"side": side, **{key: str(value) for key, value in order.items()}}
        for side, orders in (("BUY", answer["bids"]), ("SELL", answer["asks"]))
        for order in orders
    ]


def _top(answer: Any) -> Rows:
    bid, ask, last = answer["bid"] or {}, answer["ask"] or {}, answer["last"] or {}
    row = {
        "symbol": answer["symbol"],
        "phase": answer["phase"],
        "status": answer["status"],
        "bid qty": bid.get("qty", ""),
        "bid": bid.get("px", ""),
        "ask": ask.get("px", ""),
        "ask qty": ask.get("qty", ""),
        "last": last.get("px", ""),
        "last qty": last.get("qty", ""),
    }
    if answer["indicative"]:
        row |= {"indicative": answer["indicative"]["px"], "indicative qty": answer["indicative"]["qty"]}
    if answer["limit_state"]:
        row["limit state"] = answer["limit_state"]["side"]
    return [row]


def _trades(answer: Any) -> Rows:
    return [
        {
            "time": trade["time"],
            "trade id": str(trade["trade_id"]),
            "aggressor": trade["aggressor"],
            "px": trade["px"],
            "qty": trade["qty"],
            "flags": ",".join(flag for flag in ("auction", "busted", "corrected") if trade[flag]),
        }
        for trade in answer["trades"]
    ]


def _candles(answer: Any) -> Rows:
    return [{key: str(value) for key, value in candle.items()} for candle in answer["candles"]]


def _statistics(answer: Any) -> Rows:
    return [
        {"period": name, **{key: str(value) for key, value in answer[part].items()}}
        for name, part in (("24 h", "rolling_24h"), (f"day {answer['day']}", "session"))
    ]
