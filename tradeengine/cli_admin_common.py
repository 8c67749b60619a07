"""What the subcommands of ``tradeengine admin`` share: how each is declared."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

from tradeengine.admin_client import AdminClient
from tradeengine.cli_common import Parsers

Action: TypeAlias = Callable[[AdminClient, argparse.Namespace], Any]
"""Asks the venue; what it returns is printed."""


def subcommand(
    commands: Parsers, name: str, action: Action, help_text: str, *arguments: str
) -> argparse.ArgumentParser:
    """One subcommand with its positional arguments."""
    parser = commands.add_parser(name, help=help_text, description=help_text[:1].upper() + help_text[1:] + ".")
    for argument in arguments:
        parser.add_argument(argument, metavar=argument.upper())
    parser.set_defaults(action=action)
    return parser
