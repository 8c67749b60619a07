"""What a port is told silently: its state follows, its client hears of it when it asks."""

from __future__ import annotations

from typing import Any

import pytest
from engine_builders import image, new
from port_world import PortWorld
from stamped_reports import reports_of

from actors.messages import Delivery, Outcome
from actors.standins import LostPortActor
from engine import events as ev
from engine.image import Working
from engine.queries import OpenOrdersQuery, OrderStatusQuery
from engine.reports import SILENT, Report
from engine.types import RestateReason, UpdateCause


def test_the_port_follows_its_orders_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    world = PortWorld("SOUPBIN")
    world.port.submit([new("a")])
    world.accept("a")
    deliveries: list[Any] = []
    monkeypatch.setattr(world, "deliver", deliveries.append)
    here, there = (image("a", order_id=1, working=Working(px=px)) for px in (7, 8))
    world.publish(Outcome(0, 0, 0, [ev.OrderUpdated(here, UpdateCause.PEG)]))
    assert deliveries == []
    world.port.query(OrderStatusQuery(1, "Q", "a"))
    world.port.query(OpenOrdersQuery(1, "R"))
    status, open_orders = world.answers
    assert (status.order, open_orders.orders, world.port.order_named("a")) == (here, [here], here)
    restated = ev.OrderRestated(here, RestateReason.SELF_TRADE)
    world.publish(Outcome(0, 0, 0, [restated, ev.OrderUpdated(there, UpdateCause.PEG)]))
    assert [[(report.number, report.event) for report in reports] for reports in deliveries] == [[(2, restated)]]
    assert world.port.order_named("a") == there
    assert (world.port.released, world.port.out_next) == (2, 3)


def test_what_is_silent_is_not_counted_by_whoever_stands_in_for_a_port() -> None:
    world = PortWorld()
    record = world.stamp(Outcome(0, 0, 0, [ev.OrderAccepted(image("a", order_id=1))]))
    updated = ev.OrderUpdated(image("a", order_id=1), UpdateCause.PEG)
    reports = [*(report for _, report in reports_of(10, record)), Report(SILENT, 11, 0, 5, updated, updated.order)]
    LostPortActor(world.numbers, world.credits).on_batch(iter([Delivery(11, [], reports, 1)]))
    assert world.numbers.delivered == world.numbers.stamped == 1
