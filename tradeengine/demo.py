"""``tradeengine demo``: a venue with simulated participants that trade over its real ports, live in the terminal."""

from __future__ import annotations

import argparse
from pathlib import Path

DEFAULT_RATE = 1000
DEFAULT_SYMBOL = "BTC/USDT"
_RATE_MIN, _RATE_MAX = 10, 20_000
_CONFIG = Path(__file__).resolve().parents[1] / "config" / "demo.yaml"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``demo`` to the command line; its ``run`` takes the parsed arguments and returns the exit status."""
    parser = subparsers.add_parser(
        "demo",
        help="watch a venue with simulated participants, live in the terminal",
        description="Start a venue on free ports, have eight simulated participants (four over FIX, four over the "
        "binary protocol) trade on it, and show a book, the trades and the rates live.",
        epilog="keys: left/right or 1 to 0 choose the symbol, + and - the pace, space holds the picture, q quits",
    )
    parser.add_argument("--symbol", default=DEFAULT_SYMBOL, help=f"shown first (default: {DEFAULT_SYMBOL})")
    parser.add_argument(
        "--rate",
        type=_rate,
        default=DEFAULT_RATE,
        metavar="N",
        help=f"requests a second, of all participants together (default: {DEFAULT_RATE})",
    )
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="stop after N seconds (default: at q or Ctrl-C)")
    parser.add_argument("--plain", action="store_true", help="no screen, only a summary at the end; so in pipes")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated prices and decisions (default: 1)")
    parser.add_argument("--config", type=Path, default=_CONFIG, metavar="FILE", help="the venue's configuration")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="keep the venue's journal here (default: a temporary directory)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demonstration: 0 when it ended as asked, 1 when venue or participants failed, 2 for wrong usage."""
    from tradeengine.demo_run import Plan, run_demo

    return run_demo(
        Plan(
            config=args.config.resolve(),
            data_dir=args.data_dir,
            symbol=args.symbol,
            rate=args.rate,
            seconds=args.seconds,
            plain=args.plain,
            seed=args.seed,
        )
    )


def _rate(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not _RATE_MIN <= int(text) <= _RATE_MAX:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from {_RATE_MIN} to {_RATE_MAX}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number of seconds above 0")
    return seconds
