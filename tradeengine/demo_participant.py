"""One simulated participant: a strategy at a link, at its pace."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import trio

from clients import ClientError
from tradeengine.demo_links import Link
from tradeengine.demo_orders import Filled, Orders, Refused, Update
from tradeengine.demo_stats import Counters, Latencies, Print, Rate, Row, Tape
from tradeengine.demo_strategies import Strategy

_TURN_S = 0.02
"""Requests go out in small bunches: a task that woke for each would mostly be waking."""
_CATCH_UP_S = 0.1
"""How much of the pace a participant that was kept from acting makes up for."""
_UNANSWERED_MAX = 500
"""A participant waits for a venue that is further behind than this."""


class Participant:
    """Acts, and takes in what comes of it."""

    def __init__(self, name: str, strategy: Strategy, share: float, tape: Tape) -> None:
        """``share`` of the venue's pace, 0 to 1."""
        self.name = name
        self.share = share
        self.protocol = ""
        self.orders = Orders()
        self.counters = Counters()
        self.latencies = Latencies()
        self.refusals: dict[str, int] = {}
        """How often the venue gave which reason."""
        self._strategy = strategy
        self._tape = tape
        self._sent_rate, self._fill_rate = Rate(), Rate()
        self._ids = itertools.count(time.time_ns())
        self._unanswered: dict[int, int] = {}
        """When each request was sent that no report has named yet, in nanoseconds of the performance counter."""

    async def run(self, link: Link, pace: Callable[[], float]) -> None:
        """Trade until cancelled. ``pace`` tells the whole venue's requests a second. Raises ``ClientError``."""
        self.protocol = link.protocol
        await link.cancel_all(next(self._ids))
        failures: list[ClientError] = []
        async with trio.open_nursery() as nursery:

            async def follow() -> None:
                try:
                    await link.follow(self.take)
                except ClientError as failure:
                    failures.append(failure)
                    nursery.cancel_scope.cancel()

            nursery.start_soon(follow)
            try:
                await self._act(link, pace)
            except ClientError as failure:
                failures.append(failure)
                nursery.cancel_scope.cancel()
        if failures:
            raise failures[0]

    async def _act(self, link: Link, pace: Callable[[], float]) -> None:
        due = 0.0
        before_s = trio.current_time()
        while True:
            await trio.sleep(_TURN_S)
            now_s = trio.current_time()
            rate = pace() * self.share
            due = min(due + rate * (now_s - before_s), max(rate * _CATCH_UP_S, 1.0))
            before_s = now_s
            while due >= 1.0 and len(self._unanswered) < _UNANSWERED_MAX:
                due -= 1.0
                await self._act_once(link)

    async def _act_once(self, link: Link) -> None:
        action = self._strategy.decide(self.orders)
        if action is None:
            return
        cl_ord_id = next(self._ids)
        order = self.orders.sent(cl_ord_id, action)
        self.counters.sent += 1
        self._unanswered[cl_ord_id] = time.perf_counter_ns()
        await link.send(cl_ord_id, action, order)

    def take(self, update: Update) -> None:
        """What the venue says, as it comes."""
        sent_ns = self._unanswered.pop(update.cl_ord_id, None)
        if sent_ns is not None:
            self.latencies.add(time.perf_counter_ns() - sent_ns)
        self.orders.apply(update)
        counters = self.counters
        if isinstance(update, Filled):
            counters.fills += 1
            if update.took:
                counters.taken += 1
                self._tape.add(Print(update.time_ns, update.symbol, update.side, update.px, update.qty, self.name))
        elif isinstance(update, Refused):
            counters.refused += 1
            self.refusals[update.text] = self.refusals.get(update.text, 0) + 1

    def row(self, now_s: float) -> Row:
        """What the participant has done by now."""
        counters = self.counters
        return Row(
            name=self.name,
            protocol=self.protocol,
            role=self._strategy.role,
            open_orders=len(self.orders),
            sent=counters.sent,
            fills=counters.fills,
            refused=counters.refused,
            sent_per_s=self._sent_rate.sample(now_s, counters.sent),
            fills_per_s=self._fill_rate.sample(now_s, counters.fills),
            p50_ns=self.latencies.quantile(0.5),
            p99_ns=self.latencies.quantile(0.99),
        )
