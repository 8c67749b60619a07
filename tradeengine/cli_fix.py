"""``tradeengine fix``: FIX sessions of a running venue, and logs of FIX messages."""

from __future__ import annotations

import argparse
import json
from typing import Any, Final

from tradeengine import cli_fix_decode
from tradeengine.admin_client import AdminClient, AdminError
from tradeengine.admin_token import TokenUnusable
from tradeengine.cli_admin_common import Action, cell, client_of, lines_of, shown, venue_options
from tradeengine.cli_common import EXIT_FAILED, EXIT_OK, Parsers, fail
from tradeengine.tables import columns

_DESCRIPTION = """\
FIX sessions of a running venue: how they stand, and what an operator does about them. `decode` reads a log.
"""
_OF_SESSION = "id, or CompID where only one FIX session has it"
_DETAIL_PARTS: Final = ("session", "numbers", "schedule", "activity")
_NOT_AGAIN: Final = frozenset({"session_id", "logged_on", "protocol", "comp_id", "target_comp_id", "firm"})
"""Of a session's settings: what is told with how it stands."""


def register(subparsers: Parsers) -> None:
    parser = subparsers.add_parser(
        "fix", help="FIX sessions as they run: list, show, reset, logout; decode a log", description=_DESCRIPTION
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    _subcommand(commands, "sessions", _sessions, _table, "list all FIX sessions and how they stand")
    show = _subcommand(commands, "show", _show, _detail, "everything about one session")
    logout = _subcommand(commands, "logout", _log_out, shown, "log a client out; it may log on again")
    reset = _subcommand(
        commands, "reset", _reset, shown, "start both sequence numbers from 1 at the session's next logon"
    )
    for each in (show, logout, reset):
        each.add_argument("session", metavar="ID|COMPID", help=_OF_SESSION)
    logout.add_argument("--reason", default="", metavar="TEXT", help="what the client is told (58)")
    reset.add_argument("--logout", action="store_true", help="log a client that is there out first")
    cli_fix_decode.register(commands)


def _subcommand(commands: Parsers, name: str, action: Action, text: Any, help_text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text[:1].upper() + help_text[1:] + ".")
    venue_options(parser)
    parser.set_defaults(run=run, action=action, text=text)
    return parser


def run(args: argparse.Namespace) -> int:
    try:
        answer = args.action(client_of(args), args)
    except (AdminError, TokenUnusable) as error:
        return fail(str(error), EXIT_FAILED)
    print(json.dumps(answer, indent=2) if args.json else args.text(answer))
    return EXIT_OK


# ---- what is asked ------------------------------------------------------------------------------------------------


def _sessions(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.get("fix-sessions")


def _show(venue: AdminClient, args: argparse.Namespace) -> Any:
    session_id = _id_of(venue, args.session)
    settings = venue.get("sessions", session_id)
    kept = {key: value for key, value in settings.items() if key not in _NOT_AGAIN}
    return venue.get("fix-sessions", session_id) | {"settings": kept}


def _log_out(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("fix-sessions", _id_of(venue, args.session), "logout", body={"reason": args.reason})


def _reset(venue: AdminClient, args: argparse.Namespace) -> Any:
    return venue.post("fix-sessions", _id_of(venue, args.session), "reset", body={"logout": args.logout})


def _id_of(venue: AdminClient, named: str) -> str:
    """The id of the session that an operator names. Raises AdminError."""
    known = venue.get("fix-sessions")
    ids = [str(each["session_id"]) for each in known]
    if named in ids:
        return named
    found = [str(each["session_id"]) for each in known if each["comp_id"] == named]
    if not found:
        raise AdminError(f"there is no FIX session {named!r}")
    if len(found) > 1:
        raise AdminError(f"{named!r} is the CompID of several FIX sessions; expected an id, one of {', '.join(found)}")
    return found[0]


# ---- what is printed ----------------------------------------------------------------------------------------------


def _table(sessions: list[dict[str, Any]]) -> str:
    return columns([_row(each) for each in sessions])


def _row(session: dict[str, Any]) -> dict[str, str]:
    remote = f" from {session['remote']}" if session["remote"] else ""
    cancel = session["cancel_on_disconnect"]
    cancels = f" ({session['cancels']})" if session["cancels"] else ""
    return {
        "id": str(session["session_id"]),
        "version": session["begin_string"],
        "comp id": session["comp_id"],
        "firm": session["firm"],
        "rights": cell(session["rights"]),
        "state": f"{session['state']}{remote}",
        "in": str(session["in_next"]),
        "out": str(session["out_next"]),
        "orders": str(session["open_orders"]),
        "last logon": session["last_logon"].partition(".")[0].replace("T", " "),
        "backlog": str(session["backlog_bytes"]),
        "cancel on": f"{cancel}{cancels}",
    }


def _detail(answer: dict[str, Any]) -> str:
    """A paragraph for each part, names beside values."""
    parts = [_part(name, answer[name]) for name in (*_DETAIL_PARTS, "settings") if answer[name] is not None]
    return "\n\n".join(parts)


def _part(name: str, values: dict[str, Any]) -> str:
    pairs = [line.partition(" ") for line in lines_of(values, "")]
    width = max((len(key) for key, _, _ in pairs), default=0)
    lines = [f"  {key.replace('_', ' '):<{width}}  {value or '-'}" for key, _, value in pairs]
    return "\n".join([name.upper(), *lines])
