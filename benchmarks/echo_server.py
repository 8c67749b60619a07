"""The floor of a network benchmark: a trio server that sends back whatever comes. Prints its port, ends on SIGTERM."""

from __future__ import annotations

import trio


async def echo(stream: trio.SocketStream) -> None:
    """Until the peer closes."""
    async for data in stream:
        await stream.send_all(data)


async def serve() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    print(listeners[0].socket.getsockname()[1], flush=True)
    await trio.serve_listeners(echo, listeners)


if __name__ == "__main__":
    trio.run(serve)
