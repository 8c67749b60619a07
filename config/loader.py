"""Settings from their sources, in order: built-in defaults, a YAML file, the environment, flags. Later ones win.

The environment's variables begin with ``TRADE_ENGINE_`` and nest with two underscores (``TRADE_ENGINE_FIX__PORT``); a
list is given as YAML or JSON, and replaces the one before it as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from config.binder import Binder
from config.document import Node, Section, overlay, read_environment, read_flags, read_yaml
from config.errors import ConfigError, Problem
from config.rules import check
from config.settings import TOKEN, Settings

TOKEN_FILE_BYTES_MAX: Final = 4096


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and where each that is not a default was given, by dotted key."""

    settings: Settings
    origins: dict[str, str]


def load(config_file: Path | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Settings:
    """The effective settings, every one of them validated.

    Args:
        config_file: YAML; None for none.
        environ: the process's environment; only names with the prefix ``TRADE_ENGINE_`` matter.
        flags: dotted keys with values, e.g. ``{"fix.port": 0}``; None means that a flag was not given.

    Raises:
        ConfigError: with every problem that can be told, each naming the key, the value and what is allowed.
    """
    return load_with_origins(config_file, environ, flags).settings


def load_with_origins(config_file: Path | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Loaded:
    """As :func:`load`, with the origins that ``config show`` tells."""
    tree = _merged(
        lambda: Section({}, "") if config_file is None else read_yaml(_read(config_file), config_file.name),
        lambda: read_environment(environ),
        lambda: read_flags(flags),
    )
    binder = Binder()
    settings = binder.bind(Settings, tree)
    if settings is None:
        raise ConfigError(binder.problems)
    problems = check(settings, binder.origins)
    if problems:
        raise ConfigError(problems)
    return Loaded(_with_token(settings, binder.origins), binder.origins)


def _merged(*sources: Callable[[], Node]) -> Node:
    """The sources laid over one another; what is wrong with any of them is told together."""
    tree: Node = Section({}, "")
    problems: list[Problem] = []
    for read in sources:
        try:
            tree = overlay(tree, read())
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return tree


def _read(config_file: Path) -> bytes:
    try:
        return config_file.read_bytes()
    except OSError as error:
        raise ConfigError([Problem(str(config_file), f"cannot be read: {error.strerror}", "--config")]) from None


def _with_token(settings: Settings, origins: dict[str, str]) -> Settings:
    """The settings with the token that ``admin.token_file`` holds, if one is named."""
    name = settings.admin.token_file
    if not name:
        return settings
    origin = origins["admin.token_file"]
    try:
        with Path(name).open("rb") as file:
            text = file.read(TOKEN_FILE_BYTES_MAX).decode("ascii").strip()
        token = TOKEN.parse(text)
    except OSError as error:
        raise ConfigError([Problem("admin.token_file", f"{name!r} cannot be read: {error.strerror}", origin)]) from None
    except ValueError:
        token = ""
    if not token:
        raise ConfigError([Problem("admin.token_file", f"{name!r} holds no token; expected {TOKEN.allowed}", origin)])
    origins["admin.token"] = f"file {name}"
    return msgspec.structs.replace(settings, admin=msgspec.structs.replace(settings.admin, token=token))
