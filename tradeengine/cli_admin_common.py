"""What the subcommands of ``tradeengine admin`` share: how each is declared, and how one reads an entry's keys."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from config.document import Node, Section, overlay, plain, read_flags, read_yaml
from config.errors import ConfigError
from tradeengine.admin_client import AdminClient, AdminError
from tradeengine.admin_token import read_token, token_path
from tradeengine.cli_common import Parsers, settings_of, settings_options
from tradeengine.ports_file import local_address, read_ports
from tradeengine.tables import columns

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


def venue_options(parser: argparse.ArgumentParser) -> None:
    """Which venue, and who asks."""
    settings_options(parser)
    parser.add_argument("--url", metavar="URL", help="the admin port, e.g. http://127.0.0.1:9464")
    parser.add_argument("--token", help="the operators' token; others on this machine may see it in the process list")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="a file that holds the token")
    parser.add_argument("--operator", metavar="NAME", help="who you are, for the journal (default: your login name)")
    parser.add_argument("--json", action="store_true", help="print the venue's answer as it is")


def client_of(args: argparse.Namespace) -> AdminClient:
    """The venue that :func:`venue_options` name. Raises AdminError, TokenUnusable, ConfigError."""
    settings = settings_of(args)
    url = args.url
    if not url:
        port = read_ports(settings.data_dir).get("admin", settings.admin.port)
        url = f"http://{local_address(settings.admin.host, port)}"
    if args.token_file is not None:
        token = read_token(args.token_file)
    else:
        token = args.token or settings.admin.token or read_token(token_path(settings.data_dir))
    return AdminClient(url, token, args.operator or getpass.getuser())


# ---- output -------------------------------------------------------------------------------------------------------


def shown(answer: Any) -> str:
    """The venue's answer for people: a table of a list, else one line for each value."""
    if isinstance(answer, list):
        return columns([{key: cell(value) for key, value in row.items()} for row in answer])
    return "\n".join(lines_of(answer, ""))


def lines_of(answer: dict[str, Any], prefix: str) -> Iterator[str]:
    """One a value; what is in a part of the answer is named by its path."""
    for key, value in answer.items():
        if isinstance(value, dict):
            yield from lines_of(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for i, item in enumerate(value):
                yield from lines_of(item, f"{prefix}{key}[{i}].")
        else:
            yield f"{prefix}{key} {cell(value)}".rstrip()


def cell(value: Any) -> str:
    """A value as it stands in a table."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
