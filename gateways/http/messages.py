"""What passes between a connection and the program behind it: requests, responses, and errors that are responses.

```
HttpError                 any status, with a JSON body that says why
├── NotFound              404: no such path
├── MethodNotAllowed      405: the path is there, the method isn't
└── Unauthorized          401: no bearer token, or not the right one
```
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

JSON = "application/json"
_encoder = msgspec.json.Encoder()


class Request(msgspec.Struct, frozen=True):
    """A complete request."""

    method: str
    path: str
    """As it was sent, still percent-encoded, without the query."""
    headers: Mapping[str, str]
    """By lower-case name; of repeated ones the last."""
    body: bytes = b""
    remote: str = ""
    query: str = ""
    """As it was sent, still percent-encoded, without the question mark."""


class Response(msgspec.Struct, frozen=True):
    """A complete answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request."""

    key: str
    """The field of the body, or the header, that it is about."""
    text: str


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every error's body."""

    error: str
    problems: list[Problem] = msgspec.field(default_factory=list)


def json_response(value: Any, status: int = HTTPStatus.OK) -> Response:
    """``value``, of msgspec's types, as JSON."""
    return Response(status, _encoder.encode(value) + b"\n")


class HttpError(Exception):
    """A request that can't be carried out; it says what its answer is."""

    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, status: int, text: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.problems = problems

    def response(self) -> Response:
        body = ErrorBody(self.text, list(self.problems))
        return Response(self.status, _encoder.encode(body) + b"\n", JSON, self.headers)


class NotFound(HttpError):
    def __init__(self, text: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, text)


class MethodNotAllowed(HttpError):
    def __init__(self, method: str, path: str, allowed: tuple[str, ...]) -> None:
        methods = ", ".join(allowed)
        super().__init__(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not allowed for {path}; allowed: {methods}")
        self.headers = (("Allow", methods),)


class Unauthorized(HttpError):
    headers = (("WWW-Authenticate", 'Bearer realm="tradeengine"'),)

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.UNAUTHORIZED, "administration needs the header Authorization: Bearer TOKEN with the right token"
        )
