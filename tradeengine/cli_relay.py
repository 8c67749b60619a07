"""``tradeengine relay``: a venue's market data for many subscribers, in a process of its own."""

from __future__ import annotations

import argparse

from config.errors import ConfigError
from config.loader import load_with_origins
from config.relay_rules import check_relay
from config.settings import Settings
from tradeengine.cli_common import EXIT_BUSY, EXIT_FAILED, EXIT_OK, EXIT_USAGE, Parsers, fail, settings_options

_EPILOG = """\
exit status:
  0  stopped by SIGINT or SIGTERM
  1  a part of it failed again and again
  2  the command line or the configuration is wrong
  4  a port is in use
"""


def register(subparsers: Parsers) -> None:
    parser = subparsers.add_parser(
        "relay",
        help="hand a venue's market data on to many subscribers",
        description="Listen to a venue's market data port and offer the same streams on a port of its own, so that "
        "what subscribers cost is not the venue's. Runs in the foreground until Ctrl-C; without the venue it waits.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    settings_options(parser)
    parser.add_argument("--venue", metavar="HOST:PORT", help="the venue's market data port")
    parser.add_argument("--port", type=int, metavar="PORT", help="the relay's own port; 0 = any free one")
    parser.add_argument("--metrics-port", type=int, metavar="PORT", help="metrics and health; 0 = any free one")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status. ConfigError is the caller's to tell."""
    host, _, port = (args.venue or "").rpartition(":")
    flags = {
        "data_dir": args.data_dir,
        "relay.upstream.host": host.strip("[]") or None,
        "relay.upstream.port": port or None,
        "relay.port": args.port,
        "relay.metrics_port": args.metrics_port,
    }
    loaded = load_with_origins(args.config, args.environ, flags)
    problems = check_relay(loaded.settings.relay, loaded.origins)
    if problems:
        raise ConfigError(problems)
    return _serve(loaded.settings)


def _serve(settings: Settings) -> int:
    # These modules take a while to import, which no other command should wait for.
    import trio

    from actors.runtime import ActorRuntimeError
    from gateways.tls import TlsUnusable
    from tradeengine import logs
    from tradeengine.edge import PortUnavailable
    from tradeengine.relay import serve

    logs.configure(settings.log)
    try:
        trio.run(serve, settings, _announce)
    except TlsUnusable as error:
        return fail(str(error), EXIT_USAGE)
    except PortUnavailable as error:
        return fail(str(error), EXIT_BUSY)
    except ActorRuntimeError as error:
        return fail(f"the relay has failed: {error}", EXIT_FAILED)
    except KeyboardInterrupt:
        return fail("stopped at once", EXIT_FAILED)
    return EXIT_OK


def _announce(text: str) -> None:
    print(text, flush=True)
