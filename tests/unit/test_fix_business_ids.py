"""Which field of a message BusinessRejectRefID (379) repeats."""

from __future__ import annotations

import pytest

from gateways.fix.business_ids import business_id
from gateways.fix.dictionary import dictionary_for

NAMED = [
    ({"35": "D", "11": "C1"}, "C1"),
    ({"35": "E", "66": "L1", "11": "C1"}, "L1"),
    ({"35": "s", "548": "X1", "11": "C1"}, "X1"),
    ({"35": "V", "262": "M1", "55": "AAPL"}, "M1"),
    ({"35": "H", "11": "C1", "790": "S1"}, "C1"),
    ({"35": "H", "790": "S1", "37": "7"}, "S1"),
    ({"35": "T", "777": "S2"}, "S2"),
    ({"35": "S", "55": "AAPL"}, ""),
    ({"35": "U1", "11": "C1"}, ""),
]


@pytest.mark.parametrize(("fields", "value"), NAMED)
def test_the_id_of_a_message(fields: dict[str, str], value: str) -> None:
    assert business_id(fields) == value


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4"])
def test_every_application_message_has_an_id(begin_string: str) -> None:
    every = {str(tag): str(tag) for tag in range(1, 1400)}
    without = {t for t in dictionary_for(begin_string).msg_types if not business_id({**every, "35": t})}
    # The session's own, a reject of one of ours, and XML that has its names inside.
    assert without <= set("0123456Ajn")
