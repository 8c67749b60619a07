"""What the subcommands of ``tradeengine admin`` share: how each is declared, and how one reads an entry's keys."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from config.document import Node, Section, overlay, plain, read_flags, read_yaml
from config.errors import ConfigError
from tradeengine.admin_client import AdminClient, AdminError
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


def entry_options(parser: argparse.ArgumentParser, file_help: str, set_help: str) -> None:
    """``--file`` and ``--set``, which :func:`given` reads."""
    parser.add_argument("--file", type=Path, help=file_help)
    parser.add_argument("--set", action="append", default=[], metavar="RULE=VALUE", help=f"{set_help}; repeatable")


def given(args: argparse.Namespace, base: dict[str, Any]) -> dict[str, Any]:
    """What ``base``, the file and the options say, later ones first. Raises AdminError."""
    try:
        tree: Node = read_flags(base)
        if args.file is not None:
            tree = overlay(tree, read_yaml(args.file.read_bytes(), args.file.name))
        for text in args.set:
            rule, separator, value = text.partition("=")
            if not separator:
                raise AdminError(f"--set: {text!r} is not allowed; expected RULE=VALUE")
            tree = overlay(tree, _nested(rule.split("."), read_yaml(value, f"--set {rule}")))
    except (ConfigError, OSError) as error:
        raise AdminError(str(error)) from None
    rules: dict[str, Any] = plain(tree)
    return rules


def _nested(path: list[str], node: Node) -> Node:
    for name in reversed(path):
        node = Section({name: node}, "--set")
    return node
