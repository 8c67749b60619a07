"""Structured logs on standard error, for people or for machines; secrets never reach them."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

from config.kinds import MASK
from config.settings import LogSettings

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_SECRETS: Final = ("password", "token", "credential", "secret", "authorization")
EventDict = MutableMapping[str, Any]


class _NamedLogger(structlog.PrintLogger):
    """Writes lines, and remembers what ``get_logger`` was called with."""

    def __init__(self, file: TextIO, name: str) -> None:
        super().__init__(file)
        self.name = name


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Set the process's logs up; ``stream`` is standard error unless another is given."""
    out = sys.stderr if stream is None else stream

    def make_logger(*args: Any) -> _NamedLogger:
        return _NamedLogger(out, str(args[0]) if args else "")

    renderer: Any = structlog.processors.JSONRenderer()
    errors: Any = structlog.processors.dict_tracebacks
    if settings.format == "console":
        errors = structlog.processors.format_exc_info
        renderer = structlog.dev.ConsoleRenderer(
            colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
        )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _add_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask_secrets,
            _explain_errors,
            errors,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        logger_factory=make_logger,
        cache_logger_on_first_use=False,
    )


def _add_name(logger: Any, method: str, event: EventDict) -> EventDict:
    if logger.name:
        event["logger"] = logger.name
    return event


def _mask_secrets(logger: Any, method: str, event: EventDict) -> EventDict:
    """Whatever is named like a secret is not shown, wherever the line comes from."""
    for key, value in event.items():
        if value and any(word in key.lower() for word in _SECRETS):
            event[key] = MASK
    return event


def _explain_errors(logger: Any, method: str, event: EventDict) -> EventDict:
    """An exception given as a plain field is told in one line; ``exc_info`` brings the traceback."""
    for key, value in event.items():
        if isinstance(value, BaseException) and key != "exc_info":
            event[key] = f"{type(value).__name__}: {value}"
    return event
