"""The HTTP port's protocol: limits, time-outs, errors, and connections that stay or go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from gateways.http.connection import HttpConnection
from gateways.http.messages import HttpError, NotFound, Request, Response, json_response
from gateways.http.routes import Route, Router
from gateways.http.server import HttpServer
from gateways.http.settings import HttpSettings

Respond = Callable[[Request], Awaitable[Response]]
LIMITS = HttpSettings(header_bytes_max=1024, body_bytes_max=100, connections_max=2)


async def echo(request: Request) -> Response:
    return json_response({"method": request.method, "path": request.path, "body": request.body.decode()})


class Wire:
    """The client's end of a connection."""

    def __init__(self, stream: trio.abc.HalfCloseableStream) -> None:
        self.stream = stream
        self.buffer = b""

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def response(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body."""
        while b"\r\n\r\n" not in self.buffer:
            data = await self.stream.receive_some()
            assert data, f"the connection ended after {self.buffer!r}"
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self.buffer) < length:
            self.buffer += await self.stream.receive_some()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(first.split()[1]), headers, body

    async def ended(self) -> bool:
        return not self.buffer and await self.stream.receive_some() == b""


@asynccontextmanager
async def connected(respond: Respond = echo, settings: HttpSettings = LIMITS) -> AsyncIterator[Wire]:
    ours, theirs = memory_stream_pair()
    failures: list[str] = []
    async with trio.open_nursery() as nursery:
        connection = HttpConnection(theirs, "test", respond, settings, lambda event, **_: failures.append(event))
        nursery.start_soon(connection.run)
        yield Wire(ours)
        nursery.cancel_scope.cancel()


async def test_a_connection_serves_one_request_after_another() -> None:
    async with connected() as wire:
        for path in ("/a", "/b"):
            await wire.send(f"GET {path}?x=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            status, headers, body = await wire.response()
            assert (status, json.loads(body)["path"]) == (200, path)
            assert "connection" not in headers
            assert headers["cache-control"] == "no-store"


async def test_requests_that_come_together_are_answered_in_order() -> None:
    async with connected() as wire:
        await wire.send(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [json.loads((await wire.response())[2])["path"] for _ in range(2)] == ["/1", "/2"]


async def test_a_client_that_asks_for_it_is_closed_after_its_answer() -> None:
    async with connected() as wire:
        await wire.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await wire.response())[0] == 200
        assert await wire.ended()


async def test_head_is_answered_with_the_length_and_no_body() -> None:
    async with connected() as wire:
        await wire.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        head = b""
        while not head.endswith(b"}\n"):
            head += await wire.stream.receive_some()
        first, second = head.split(b"HTTP/1.1 200 OK")[1:]
        assert b"Content-Length: " in first
        assert b"{" not in first
        assert b'"/next"' in second


async def test_a_body_comes_in_pieces_and_the_client_may_wait_to_be_asked_for_it() -> None:
    async with connected() as wire:
        await wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert (await wire.response())[0] == 100
        await wire.send(b"ab")
        await wire.send(b"cd")
        assert json.loads((await wire.response())[2])["body"] == "abcd"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 1100, 431),
        (b"this is no HTTP\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
    ids=["length", "chunks", "headers", "garbage", "no host"],
)
async def test_what_is_too_large_or_no_http_is_told_and_ends_the_connection(sent: bytes, status: int) -> None:
    async with connected() as wire:
        await wire.send(sent)
        answered, headers, body = await wire.response()
        assert answered == status
        assert headers["connection"] == "close"
        assert json.loads(body)["error"]
        assert await wire.ended()


async def test_a_request_must_be_complete_in_time(autojump_clock: MockClock) -> None:
    async with connected() as wire:
        await trio.sleep(LIMITS.idle_timeout_s - 1)
        await wire.send(b"GET / HT")
        started = trio.current_time()
        assert (await wire.response())[0] == 408
        assert trio.current_time() - started == pytest.approx(LIMITS.request_timeout_s)


async def test_an_idle_connection_is_closed_without_a_word(autojump_clock: MockClock) -> None:
    async with connected() as wire:
        await wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await wire.response()
        started = trio.current_time()
        assert await wire.ended()
        assert trio.current_time() - started == pytest.approx(LIMITS.idle_timeout_s)


async def test_work_that_takes_too_long_is_given_up(autojump_clock: MockClock) -> None:
    async def never(request: Request) -> Response:
        await trio.sleep_forever()
        raise AssertionError

    async with connected(never) as wire:
        await wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        status, _, body = await wire.response()
        assert status == 503
        assert "30 s" in json.loads(body)["error"]


async def test_a_fault_of_ours_is_answered_and_the_connection_goes_on() -> None:
    async def broken(request: Request) -> Response:
        if request.path == "/broken":
            raise ZeroDivisionError
        return await echo(request)

    async with connected(broken) as wire:
        await wire.send(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\nGET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await wire.response())[0] == 500
        assert (await wire.response())[0] == 200


async def test_connections_beyond_the_limit_are_told_so() -> None:
    server = HttpServer(echo, LIMITS)
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: server.serve(listeners, task_status=task_status))
        kept = []
        for _ in range(LIMITS.connections_max):
            wire = Wire(await trio.open_tcp_stream("127.0.0.1", port))
            await wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await wire.response())[0] == 200
            kept.append(wire)
        assert server.connections == LIMITS.connections_max
        refused = Wire(await trio.open_tcp_stream("127.0.0.1", port))
        assert (await refused.response())[0] == 503
        for wire in (*kept, refused):
            await wire.stream.aclose()
        nursery.cancel_scope.cancel()


def _route(method: str, pattern: str) -> Route:
    return Route(method, pattern, echo)


def test_a_path_is_split_before_it_is_decoded() -> None:
    router = Router([_route("POST", "/admin/instruments/{symbol}/status")])
    _, values = router.find(Request("POST", "/admin/instruments/BTC%2FUSDT/status", {}))
    assert values == ["BTC/USDT"]


@pytest.mark.parametrize("path", ["/nothing", "/a/", "/a//b", "/a/x/b/c", ""])
def test_unknown_paths_are_not_found(path: str) -> None:
    router = Router([_route("GET", "/a/{name}/b"), _route("GET", "/a")])
    with pytest.raises(NotFound):
        router.find(Request("GET", path, {}))


def test_a_wrong_method_is_told_the_right_ones() -> None:
    router = Router([_route("GET", "/a"), _route("POST", "/a")])
    with pytest.raises(HttpError) as caught:
        router.find(Request("PUT", "/a", {}))
    assert caught.value.status == HTTPStatus.METHOD_NOT_ALLOWED
    assert caught.value.headers == (("Allow", "GET, POST"),)
    assert router.find(Request("HEAD", "/a", {}))[0].method == "GET"


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="connections_max: 0: must be positive"):
        HttpSettings(connections_max=0)
