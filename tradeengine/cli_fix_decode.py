"""``tradeengine fix decode``: a log of FIX messages in words. Needs no venue."""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from tradeengine.cli_common import EXIT_FAILED, EXIT_OK, EXIT_USAGE, Parsers, fail
from tradeengine.fix_decode import DecodedMessage, decode
from tradeengine.fix_log import LogScanner, RawMessage
from tradeengine.fix_show import block, compact, raw

_CHUNK: Final = 65_536
_DESCRIPTION = """\
Prints the FIX messages that a log holds, each field with its name and what its value means, and what is wrong with
them: body length, checksum, tags and values that the version's dictionary does not know. Fields may end with SOH, |, ^A
or <SOH>, whatever else stands in the lines. Passwords are masked.
"""


def register(commands: Parsers) -> None:
    parser = commands.add_parser("decode", help="read a log of FIX messages", description=_DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="the log; - is standard input")
    parser.add_argument("--compact", action="store_true", help="one line for each message")
    parser.add_argument("--msg-type", default="", metavar="TYPES", help="only these MsgTypes (35), e.g. D,8")
    parser.add_argument(
        "--grep", default="", metavar="REGEX", help="only messages with this in their 35=D|11=… or Name=Value form"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        pattern = re.compile(args.grep)
    except re.error as error:
        return fail(f"--grep: {args.grep!r} is no regular expression: {error}", EXIT_USAGE)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a log may hold what the terminal can't show
    types = frozenset(args.msg_type.split(",")) if args.msg_type else None
    show = compact if args.compact else block
    found = False
    try:
        with _opened(args.file) as log:
            for message in map(decode, _messages(log)):
                found = True
                if _is_wanted(message, types, pattern if args.grep else None):
                    print(show(message))
    except BrokenPipeError:
        raise
    except OSError as error:
        return fail(f"{args.file}: {error.strerror or error}", EXIT_FAILED)
    return EXIT_OK if found else fail(f"{args.file}: there is no FIX message in it", EXIT_FAILED)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
    else:
        with open(name, "rb") as log:
            yield log


def _messages(log: IO[bytes]) -> Iterator[RawMessage]:
    """As they come: what a pipe has brought is shown before more is waited for."""
    scanner = LogScanner()
    read = getattr(log, "read1", log.read)
    while data := read(_CHUNK):
        yield from scanner.feed(data)
        sys.stdout.flush()
    yield from scanner.finish()


def _is_wanted(message: DecodedMessage, types: frozenset[str] | None, pattern: re.Pattern[str] | None) -> bool:
    if types is not None and message.msg_type not in types:
        return False
    return pattern is None or bool(pattern.search(raw(message)) or pattern.search(compact(message)))
