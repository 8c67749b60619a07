"""A message from actor to actor: the dispatcher's mailboxes at three sizes of batch, beside a trio memory channel.

The memory channel is used as it is meant to be, ``await send`` here and ``async for`` there, with room for a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import trio

from actors.runtime import Actor, Cell, Dispatcher, Mailbox
from benchmarks.harness import Claim, Context, Figures, claim, interleaved

BATCHES = (1, 8, 64)
HOPS = 3
"""Actors that each message passes through: the last one only counts."""


def run(context: Context) -> list[Claim]:
    messages = context.scale(64_000, 640)
    claims: list[Claim] = []
    for batch in BATCHES:
        ours, floor = f"mailbox, batch {batch}", f"memory channel, {batch}"
        variants = {ours: _actors(batch, messages), floor: _channel(batch, messages)}
        samples = interleaved(context.rounds, variants, warm_up=not context.quick)
        samples.show({"hand-over": "µs"})
        claims.append(
            claim(
                f"runtime: hand-over from actor to actor, batches of {batch}; beside a trio memory channel",
                samples.median(ours, "hand-over"),
                "µs",
                samples.median(floor, "hand-over"),
            )
        )
    return claims


class _Forwarder(Actor[object]):
    def __init__(self, to: Mailbox[object]) -> None:
        self._to = to

    def on_batch(self, batch: Iterator[object]) -> None:
        tell = self._to.tell
        for message in batch:
            tell(message)


class _Counter(Actor[object]):
    def __init__(self) -> None:
        self.count = 0

    def on_batch(self, batch: Iterator[object]) -> None:
        for _ in batch:
            self.count += 1


def _actors(batch: int, messages: int) -> Callable[[], Figures]:
    """Each batch is told from outside and pumped through ``HOPS`` actors, as a socket's read is."""

    def variant() -> Figures:
        dispatcher = Dispatcher(budget=HOPS * batch + 1)
        boxes: list[Mailbox[object]] = [dispatcher.mailbox(f"hop {nth}", batch) for nth in range(HOPS)]
        counter = _Counter()
        for box, to in pairwise(boxes):
            Cell.of(box).install(_Forwarder(to))
        Cell.of(boxes[-1]).install(counter)
        told = [object() for _ in range(batch)]
        tell, pump = boxes[0].tell, dispatcher.pump
        turns = messages // batch
        started = time.perf_counter()
        for _ in range(turns):
            for message in told:
                tell(message)
            pump()
        seconds = time.perf_counter() - started
        assert counter.count == turns * batch
        return {"hand-over": seconds / (turns * batch * HOPS) * 1e6}

    return variant


def _channel(batch: int, messages: int) -> Callable[[], Figures]:
    async def consume(channel: trio.MemoryReceiveChannel[object]) -> None:
        async for _ in channel:
            pass

    async def measure() -> float:
        send, receive = trio.open_memory_channel[object](batch)
        message = object()
        started = time.perf_counter()
        async with trio.open_nursery() as nursery, send:
            nursery.start_soon(consume, receive)
            for _ in range(messages):
                await send.send(message)
        return time.perf_counter() - started

    def variant() -> Figures:
        return {"hand-over": trio.run(measure) / messages * 1e6}

    return variant
