"""``tradeengine admin``: clients' sessions, their settings and their keys."""

from __future__ import annotations

import argparse
import base64
import getpass
import sys
from pathlib import Path
from typing import Any, Final

from tradeengine.admin_client import AdminClient, AdminError
from tradeengine.cli_admin_common import entry_options, given, subcommand
from tradeengine.cli_common import Parsers

_FILE_HELP = "settings as YAML, in the form of an entry of `sessions`"
_SET_HELP = "a setting and its value, as in the configuration, e.g. rate.per_second=100 or rights=[trade,market_data]"
_PEM_MARK: Final = "-----BEGIN PUBLIC KEY-----"
_SPKI_BYTES: Final = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in a PEM file, RFC 8410."""


def register(commands: Parsers) -> None:
    subcommand(commands, "sessions", lambda venue, _: venue.get("sessions"), "list all sessions")
    subcommand(commands, "enable-session", _action("enable"), "let a session log on", "session_id")
    subcommand(commands, "disable-session", _action("disable"), "log a session out and keep it out", "session_id")
    _register_add(commands, "add-session")
    parser = commands.add_parser(
        "session",
        help="one session: show, open, change, password, key, remove …",
        description="Clients' sessions and their keys. A change is in force at once, also for a client that is there.",
    )
    mine = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    subcommand(mine, "list", lambda venue, _: venue.get("sessions"), "list all sessions")
    subcommand(mine, "show", lambda venue, args: venue.get("sessions", args.session_id), "all settings", "session_id")
    _register_add(mine, "open")
    parser = subcommand(mine, "change", _change, "change settings; the others stay as they are", "session_id")
    entry_options(parser, _FILE_HELP, _SET_HELP)
    subcommand(mine, "password", _password, "give a session another password, which is asked for", "session_id")
    subcommand(mine, "enable", _action("enable"), "let a session log on", "session_id")
    subcommand(mine, "disable", _action("disable"), "log a session out and keep it out", "session_id")
    subcommand(
        mine, "remove", _action("remove"), "log a session out, cancel its orders, give its identity free", "session_id"
    )
    _register_keys(mine)


def _register_add(commands: Parsers, name: str) -> None:
    parser = subcommand(commands, name, _open, "open a new session", "protocol", "comp_id", "firm")
    parser.description = "Open a new session. PROTOCOL is FIX.4.2, FIX.4.4, FIXT.1.1 (FIX 5.0 SP2) or SOUPBIN. The "
    parser.description += "password is asked for, or read from standard input where that is no terminal."
    parser.add_argument("--account", action="append", default=[], metavar="NAME", help="may trade; may be repeated")
    parser.add_argument("--default-account", default="", metavar="NAME", help="default: the only account, if one")
    parser.add_argument("--target", default="", metavar="COMP_ID", help="the venue's CompID, if not the configured one")
    parser.add_argument("--username", default="", help="FIX tag 553, if not the CompID")
    parser.add_argument("--no-password", action="store_true", help="it has keys or a certificate instead")
    entry_options(parser, _FILE_HELP, _SET_HELP)


def _register_keys(commands: Parsers) -> None:
    parser = commands.add_parser(
        "key", help="keys by which a client signs its logons", description="Keys by which a client signs its logons."
    )
    mine = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    parser = subcommand(mine, "add", _add_key, "add a key; those that there are stay valid", "session_id", "key_id")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--ed25519", metavar="KEY", help="the client's public key: its 32 bytes in base64, or the path of its PEM file"
    )
    what.add_argument(
        "--hmac", action="store_true", help="the venue makes a secret for HMAC-SHA-256 and tells it this once"
    )
    what.add_argument("--hmac-secret", action="store_true", help="the secret is asked for, or read from standard input")
    subcommand(mine, "revoke", _revoke_key, "sign no logon by a key any more", "session_id", "key_id")


# ---- what they do -------------------------------------------------------------------------------------------------


def _action(name: str) -> Any:
    return lambda venue, args: venue.post("sessions", args.session_id, name)


def _open(venue: AdminClient, args: argparse.Namespace) -> Any:
    only = args.account[0] if len(args.account) == 1 else ""
    options = {
        "protocol": args.protocol,
        "comp_id": args.comp_id,
        "firm": args.firm,
        "accounts": args.account,
        "default_account": args.default_account or only,
        "target_comp_id": args.target,
        "username": args.username,
    }
    settings = given(args, {})
    body = settings | {key: value for key, value in options.items() if value}
    if not args.no_password and not settings.keys() & {"password", "password_hash"}:
        body["password"] = _asked(f"Password for {args.comp_id}: ")
    return venue.post("sessions", body=body)


def _change(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("sessions", args.session_id, "changes", body=given(args, {}))


def _password(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("sessions", args.session_id, "changes", body={"password": _asked("New password: ")})


def _add_key(venue: AdminClient, args: argparse.Namespace) -> Any:
    kind, key = "hmac", ""
    if args.ed25519:
        kind, key = "ed25519", _public_key(args.ed25519)
    elif args.hmac_secret:
        key = _asked("Secret, in base64: ")
    return venue.post("sessions", args.session_id, "keys", body={"key_id": args.key_id, "kind": kind, "key": key})


def _revoke_key(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("sessions", args.session_id, "keys", args.key_id, "revoke")


def _asked(prompt: str) -> str:
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _public_key(text: str) -> str:
    """The key's base64, given itself or by a PEM file's path. Raises AdminError."""
    path = Path(text)
    if not path.is_file():
        return text
    lines = path.read_text("ascii", errors="replace").strip().splitlines()
    try:
        body = base64.b64decode("".join(lines[1:-1]), validate=True)
    except ValueError:
        body = b""
    if lines[:1] != [_PEM_MARK] or not body.startswith(_SPKI_BYTES):
        raise AdminError(f"{text} holds no Ed25519 public key; expected what `openssl pkey -pubout` writes")
    return base64.b64encode(body.removeprefix(_SPKI_BYTES)).decode("ascii")
