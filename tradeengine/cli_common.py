"""What the subcommands share: exit statuses, the options that say which settings, one-line errors."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from config.loader import load
from config.settings import Settings

if TYPE_CHECKING:
    Parsers: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Parsers = Any  # argparse's own class is generic for type checkers only

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_JOURNAL: Final = 3
EXIT_BUSY: Final = 4


def fail(text: str, status: int) -> int:
    """Say on standard error why, and return the exit status."""
    print(f"tradeengine: {text}", file=sys.stderr)
    return status


def settings_options(parser: argparse.ArgumentParser) -> None:
    """``--config`` and ``--data-dir``, as every command understands them."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="a YAML file (default: built-in settings)")
    parser.add_argument("--data-dir", metavar="DIR", help="where the venue keeps its state (default: var)")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that :func:`settings_options` name. Raises ConfigError."""
    return load(args.config, args.environ, {"data_dir": args.data_dir})
