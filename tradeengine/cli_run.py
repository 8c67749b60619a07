"""``tradeengine run``: the venue in the foreground."""

from __future__ import annotations

import argparse
import sys

from config.loader import load
from config.settings import Settings
from tradeengine.cli_common import (
    EXIT_BUSY,
    EXIT_FAILED,
    EXIT_JOURNAL,
    EXIT_OK,
    EXIT_USAGE,
    Parsers,
    fail,
    settings_options,
)

_EPILOG = """\
exit status:
  0  stopped by SIGINT or SIGTERM, everything acknowledged is durable and the state's hash is in the journal
  1  failed while it ran: the journal could not be written, or a part failed for good
  2  the command line or the configuration is wrong, or contradicts the journal
  3  the journal is damaged or cannot be opened
  4  something is in use: a port, or the journal by another process
"""


def register(subparsers: Parsers) -> None:
    parser = subparsers.add_parser(
        "run",
        help="start the venue in the foreground",
        description="Start the venue in the foreground. It replays its journal, opens its ports and runs until Ctrl-C.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    settings_options(parser)
    parser.add_argument("--fix-port", type=int, metavar="PORT", help="the FIX port; 0 = any free one")
    parser.add_argument("--binary-port", type=int, metavar="PORT", help="the binary port; 0 = any free one")
    parser.add_argument(
        "--market-data-port",
        type=int,
        metavar="PORT",
        help="the binary market data port; 0 = any free one (default: as configured, or 0 with --binary-port 0)",
    )
    parser.add_argument("--admin-port", type=int, metavar="PORT", help="the operators' HTTP port; 0 = any free one")
    parser.add_argument("-v", "--verbose", action="store_true", help="log at level debug: every order")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status. ConfigError is the caller's to tell."""
    market_data_port = args.market_data_port
    if market_data_port is None and args.binary_port == 0:
        market_data_port = 0  # who wants no port of the configuration's for orders wants none for market data
    flags = {
        "data_dir": args.data_dir,
        "fix.port": args.fix_port,
        "binary.port": args.binary_port,
        "binary.market_data_port": market_data_port,
        "admin.port": args.admin_port,
        "log.level": "debug" if args.verbose else None,
    }
    return _serve(load(args.config, args.environ, flags))


def _serve(settings: Settings) -> int:
    # The venue's modules take half a second to import, which no other command should wait for.
    import trio

    from actors.runtime import ActorRuntimeError
    from gateways.tls import TlsUnusable
    from stores.journal.errors import JournalError, JournalLocked
    from tradeengine import logs
    from tradeengine.admin_token import TokenUnusable
    from tradeengine.app import serve
    from tradeengine.edge import PortUnavailable
    from tradeengine.seed import ConfigurationConflict
    from tradeengine.venue_key import VenueKeyUnusable

    logs.configure(settings.log)
    try:
        failure = trio.run(serve, settings, _announce)
    except (ConfigurationConflict, TlsUnusable, TokenUnusable, VenueKeyUnusable) as error:
        return fail(str(error), EXIT_USAGE)
    except (JournalLocked, PortUnavailable) as error:
        return fail(str(error), EXIT_BUSY)
    except JournalError as error:
        return fail(str(error), EXIT_JOURNAL)
    except ActorRuntimeError as error:
        return fail(f"the venue has failed: {_chain(error)}; what it acknowledged is in the journal", EXIT_FAILED)
    except KeyboardInterrupt:
        return fail("stopped at once; the next start replays the journal", EXIT_FAILED)
    if failure:
        return fail(f"the journal has failed: {failure}", EXIT_FAILED)
    return EXIT_OK


def _announce(text: str) -> None:
    print(text, flush=True)
    sys.stdout.flush()


def _chain(error: BaseException) -> str:
    """An error with what caused it, outermost first."""
    parts: list[str] = []
    at: BaseException | None = error
    while at is not None:
        parts.append(str(at) or type(at).__name__)
        at = at.__cause__
    return ": ".join(dict.fromkeys(parts))
