"""Which function answers which request: a table of methods and path patterns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import unquote

import msgspec

from gateways.http.messages import MethodNotAllowed, NotFound, Request, Response

Handler = Callable[..., Awaitable[Response]]
"""Called with the request and the values of the pattern's ``{variables}``, in order."""


class Route(msgspec.Struct, frozen=True):
    method: str
    pattern: str
    """A path whose segments are literal or ``{variable}``."""
    handler: Handler
    protected: bool = True
    """Whether it needs the operators' token."""


class Router:
    """Finds a request's route. HEAD is answered wherever GET is."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(route, route.pattern.split("/")) for route in routes]

    def find(self, request: Request) -> tuple[Route, list[str]]:
        """The route and its variables' values, percent-decoded after the path is split: ``BTC%2FUSDT`` is one segment.

        Raises NotFound, MethodNotAllowed.
        """
        method = "GET" if request.method == "HEAD" else request.method
        segments = request.path.split("/")
        allowed: list[str] = []
        for route, pattern in self._routes:
            values = _match(pattern, segments)
            if values is None:
                continue
            if route.method == method:
                return route, values
            allowed.append(route.method)
        if allowed:
            raise MethodNotAllowed(request.method, request.path, tuple(dict.fromkeys(allowed)))
        raise NotFound(f"there is nothing at {request.path}")


def _match(pattern: list[str], segments: list[str]) -> list[str] | None:
    if len(pattern) != len(segments):
        return None
    values: list[str] = []
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            if not segment:
                return None
            values.append(unquote(segment))
        elif expected != segment:
            return None
    return values
