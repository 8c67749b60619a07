"""``tradeengine journal``: read what happened, and prove that replay leads to the live state. Changes nothing."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

import msgspec

from engine.decimals import format_decimal
from engine.wire import decode_record
from stores.journal.errors import JournalError
from stores.journal.tail import read_directory
from tradeengine.cli_common import EXIT_FAILED, EXIT_JOURNAL, EXIT_OK, Parsers, fail, settings_of, settings_options
from tradeengine.dump import Describer
from tradeengine.verify import Verified, verify_records


def register(subparsers: Parsers) -> None:
    parser = subparsers.add_parser("journal", help="read or verify the journal")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    dump = commands.add_parser(
        "dump",
        help="the events, for people or as JSON lines",
        description="The journal's events with names instead of ids. It may be read while the venue runs.",
    )
    settings_options(dump)
    dump.add_argument("--from", dest="first", type=_sequence, default=1, metavar="N", help="first sequence to show")
    dump.add_argument("--to", dest="last", type=_sequence, metavar="N", help="last sequence to show")
    dump.add_argument("--json", action="store_true", help="one JSON object for each record")
    dump.set_defaults(run=run_dump)
    verify = commands.add_parser(
        "verify",
        help="replay, compare state hashes, check that assets are conserved",
        description="Replays the journal and compares the state with every hash that the venue has journaled, "
        "and checks that assets are conserved and no balance is overdrawn. Exit status 1, and where, if not; "
        "3 if the journal itself is damaged.",
    )
    settings_options(verify)
    verify.set_defaults(run=run_verify)


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no sequence; expected 1 or more")
    return int(text)


def run_dump(args: argparse.Namespace) -> int:
    directory = settings_of(args).journal_dir
    describer = Describer()
    write = sys.stdout.write
    try:
        for seq, payload in read_directory(directory):
            if args.last is not None and seq > args.last:
                break
            record = decode_record(payload)
            if seq < args.first:
                describer.follow(record)
            elif args.json:
                write(msgspec.json.encode(describer.describe(seq, record)).decode() + "\n")
            else:
                write("\n".join(describer.lines(seq, record)) + "\n")
    except (JournalError, OSError, msgspec.MsgspecError) as error:
        return _unreadable(error, directory)
    sys.stdout.flush()
    return EXIT_OK


def run_verify(args: argparse.Namespace) -> int:
    directory = settings_of(args).journal_dir
    gc.disable()  # nothing that replay builds is garbage
    try:
        found = verify_records(read_directory(directory))
    except (JournalError, OSError) as error:
        return _unreadable(error, directory)
    if found.problem:
        return fail(f"journal {directory}: {found.problem}", EXIT_FAILED)
    print(_report(found, directory))
    return EXIT_OK


def _unreadable(error: Exception, directory: Path) -> int:
    if isinstance(error, BrokenPipeError):
        raise error
    if isinstance(error, FileNotFoundError):
        return fail(f"there is no journal at {directory}", EXIT_JOURNAL)
    return fail(str(error), EXIT_JOURNAL)


def _report(found: Verified, directory: Path) -> str:
    lines = [f"journal {directory}: {found.records} records, the last is {found.last_seq}"]
    if found.hashes:
        lines.append(f"state hashes: {found.hashes} compared, all equal; the last at sequence {found.last_hash_seq}")
    else:
        lines.append("state hashes: none in the journal yet (a clean stop writes one)")
    if found.hashes_before:
        lines.append(f"              {found.hashes_before} more by earlier versions, which cannot be compared")
    lines.append(f"state now:    {found.digest}")
    totals = ", ".join(f"{format_decimal(amount)} {asset}" for asset, amount in found.totals.items())
    lines.append(f"assets:       conserved; {totals or 'none'}")
    return "\n".join(lines)
