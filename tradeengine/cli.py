"""The command line ``tradeengine``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from config.errors import ConfigError
from tradeengine import cli_admin, cli_config, cli_fix, cli_journal, cli_market, cli_relay, cli_run, demo, trade
from tradeengine.cli_common import EXIT_OK, EXIT_USAGE, fail
from tradeengine.versions import package_version

_DESCRIPTION = """\
A trading venue: FIX and binary order entry, price-time matching, a durable journal.

Start one with demo instruments and accounts:  tradeengine run --config config/demo.yaml
"""


def build_parser() -> argparse.ArgumentParser:
    """Every subcommand's module adds its own parser, and says by ``set_defaults(run=…)`` what runs it."""
    parser = argparse.ArgumentParser(
        prog="tradeengine", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for module in (cli_run, cli_relay, demo, trade, cli_market, cli_admin, cli_fix, cli_journal, cli_config):
        module.register(subparsers)
    version = subparsers.add_parser("version", help="the version of this program")
    version.set_defaults(run=_version)
    return parser


def _version(args: argparse.Namespace) -> int:
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"tradeengine {package_version() or '(not installed)'} on Python {python}")
    return EXIT_OK


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    args = build_parser().parse_args(argv)
    args.environ = os.environ
    try:
        status: int = args.run(args)
    except ConfigError as error:
        return fail(str(error), EXIT_USAGE)
    except BrokenPipeError:
        # Whoever read our output has had enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    return status


if __name__ == "__main__":
    sys.exit(main())
