"""``tradeengine config``: what settings are in force."""

from __future__ import annotations

import argparse

from config.loader import load_with_origins
from config.show import render
from tradeengine.cli_common import EXIT_OK, Parsers, settings_options


def register(subparsers: Parsers) -> None:
    parser = subparsers.add_parser("config", help="show the effective settings")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser(
        "show",
        help="the effective settings as YAML",
        description="The effective settings as YAML: defaults, then the file, then the environment (TRADE_ENGINE_…), "
        "then flags. Secrets are masked; a comment says where a value comes from if it is not a default.",
    )
    settings_options(show)
    show.set_defaults(run=run_show)


def run_show(args: argparse.Namespace) -> int:
    loaded = load_with_origins(args.config, args.environ, {"data_dir": args.data_dir})
    print(render(loaded.settings, masked=True, origins=loaded.origins), end="")
    return EXIT_OK
