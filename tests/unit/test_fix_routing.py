"""Routing fields turned round, kept for reports, and forgotten when there are too many."""

from __future__ import annotations

import pytest
from fix_venue import order_image

from engine.events import CancelRejected, MassCancelCompleted, OrderAccepted, SessionLoggedOn
from engine.reports import Report
from engine.types import CxlRejReason
from gateways.fix.routing import Routes, reverse_route


def report(cl_ord_id: str) -> Report:
    order = order_image(cl_ord_id=cl_ord_id)
    return Report(2, 1, 0, 0, OrderAccepted(order), order)


@pytest.mark.parametrize(
    ("fields", "route"),
    [
        ({"35": "D", "115": "X", "11": "C"}, "128=X|"),
        ({"128": "X", "129": "Y", "145": "Z"}, "115=X|116=Y|144=Z|"),
        ({"115": "X", "116": "", "144": "Z"}, "128=X|145=Z|"),
        ({"50": "A", "57": "B", "142": "C", "143": "D"}, "57=A|50=B|143=C|142=D|"),
        ({"49": "A", "56": "B"}, ""),
    ],
)
def test_each_field_goes_back_as_its_counterpart(fields: dict[str, str], route: str) -> None:
    assert reverse_route(fields).replace("\x01", "|") == route


def test_reports_are_found_by_their_order() -> None:
    routes = Routes(10)
    routes.keep(["C1", "C2"], "128=X\x01")
    assert routes.of(report("C1")) == routes.of(report("C2")) == "128=X\x01"
    assert routes.of(report("C3")) == ""


def test_replies_that_are_about_no_order_are_found_by_their_request() -> None:
    routes = Routes(10)
    routes.keep(["F1"], "128=X\x01")
    rejected = CancelRejected(7, 11, "F1", "C9", False, CxlRejReason.UNKNOWN_ORDER, "")
    assert routes.of(Report(2, 1, 0, 0, rejected, None)) == "128=X\x01"
    done = MassCancelCompleted(5, 7, 11, "F2", 0, 0, 3)
    assert routes.of(Report(2, 1, 0, 0, done, None)) == ""
    assert routes.of(Report(2, 1, 0, 0, SessionLoggedOn(7, 0, False, 1, 1), None)) == ""


def test_the_oldest_is_forgotten() -> None:
    routes = Routes(2)
    for name in ("C1", "C2", "C3"):
        routes.keep([name], f"128={name}\x01")
    assert [routes.of(report(name)) for name in ("C1", "C2", "C3")] == ["", "128=C2\x01", "128=C3\x01"]
