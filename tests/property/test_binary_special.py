"""Special terms there and back: whatever an order can ask for is what the venue reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine_builders import image
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from clients import terms as client_terms
from clients.decoding import report as decode
from clients.events import Accepted
from clients.numbers import to_decimal
from clients.terms import Order
from engine.events import OrderAccepted
from engine.image import Working
from engine.reports import Report
from engine.session_profile import CancelOnDisconnect
from engine.terms import Link, Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    Contingency,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    Side,
    TriggerKind,
    TriggerSource,
    Wait,
)
from gateways.binary import codec, soup
from gateways.binary.outbound import encode_reports
from gateways.binary.special import decode_terms, encode_newest, encode_terms

prices = st.integers(-(2**63), 2**63 - 1)
quantities = st.integers(0, 2**64 - 1)
triggers = st.builds(Trigger, st.sampled_from(TriggerKind), prices, st.sampled_from(TriggerSource), prices, prices)
specials = st.builds(
    SpecialTerms,
    trigger=st.none() | triggers,
    peg=st.none() | st.builds(Peg, st.sampled_from(PegKind), prices),
    post_only=st.sampled_from(PostOnly),
    display_qty=quantities,
    display_range=quantities,
    hidden=st.booleans(),
    min_qty=quantities,
    all_or_none=st.booleans(),
    reduce_only=st.booleans(),
    self_trade=st.sampled_from(SelfTrade),
    self_trade_scope=st.sampled_from(SelfTradeScope),
    expire_ns=quantities,
)


@given(specials)
def test_special_terms_survive_the_wire(special: SpecialTerms) -> None:
    plain = 1, 2, 3, 7, 0, b"1", b"2", b"1"
    packet = codec.NEW_SPECIAL_ORDER.pack(*plain, *encode_terms(special))
    values = codec.NEW_SPECIAL_ORDER.unpack(packet, soup.HEADER_SIZE + codec.HEADER_SIZE)
    assert values[:8] == plain
    assert decode_terms(values[8:]) == special


@given(specials, st.none() | st.sampled_from(CancelOnDisconnect), st.none() | st.integers(1, 2**64 - 1))
def test_so_do_those_of_version_3(special: SpecialTerms, mode: CancelOnDisconnect | None, number: int | None) -> None:
    if number is not None:
        name, gives_way = str(number), special.self_trade or SelfTrade.CANCEL_NEWEST
        special = replace(special, self_trade=gives_way, self_trade_id=name)
    special = replace(special, on_disconnect=mode)
    newest = encode_newest(special)
    assert (newest is None) == (mode is None and number is None)
    plain = 1, 2, 3, 7, 0, b"1", b"2", b"1"
    packet = codec.NEW_SPECIAL_ORDER_3.pack(*plain, *encode_terms(special), *(newest or (0, 0)))
    values = codec.NEW_SPECIAL_ORDER_3.unpack(packet, soup.HEADER_SIZE + codec.HEADER_SIZE)
    assert decode_terms(values[8:]) == special


def client_order(special: SpecialTerms) -> Order:
    """The order that a client's program would write down."""
    trigger, peg = special.trigger, special.peg
    fields: dict[str, Any] = {}
    if trigger is not None:
        px, amount, rate = map(to_decimal, (trigger.px, trigger.trail_amount, trigger.trail_rate))
        fields["trigger"] = client_terms.Trigger(trigger.kind, px, trigger.source, amount, rate)
    if peg is not None:
        fields["peg"] = client_terms.Peg(peg.kind, to_decimal(peg.offset))
    return Order(
        Side.BUY,
        1,
        post_only=special.post_only,
        display_qty=to_decimal(special.display_qty),
        display_range=to_decimal(special.display_range),
        hidden=special.hidden,
        min_qty=to_decimal(special.min_qty),
        all_or_none=special.all_or_none,
        reduce_only=special.reduce_only,
        self_trade=special.self_trade,
        self_trade_scope=special.self_trade_scope,
        expire=special.expire_ns,
        **fields,
    )


@given(specials)
def test_what_a_program_asks_for_is_what_the_venue_reads(special: SpecialTerms) -> None:
    assert client_order(special).special() == special


@settings(max_examples=60)
@given(special=specials, wait=st.sampled_from(Wait), shown=st.integers(0, 5), list_id=st.integers(1, 2**64 - 1))
def test_what_the_venue_reports_is_what_a_program_reads(
    special: SpecialTerms, wait: Wait, shown: int, list_id: int
) -> None:
    link = Link(str(list_id), Contingency.BRACKET, 2, 553)
    order = image("1001", special=replace(special, link=link))
    order = replace(order, working=Working(wait, 0, shown * SCALE, special.trigger.px if special.trigger else 0))
    made = Report(1, 9000, 0, 2**60, OrderAccepted(order), order)
    event = decode(encode_reports([made])[soup.HEADER_SIZE :], 1)
    assert isinstance(event, Accepted)
    seen = event.special
    assert seen is not None
    asked = client_order(special)
    for name in ("trigger", "peg", "post_only", "display_qty", "display_range", "hidden", "min_qty", "all_or_none"):
        assert getattr(seen, name) == getattr(asked, name)
    assert (seen.reduce_only, seen.self_trade) == (special.reduce_only, special.self_trade)
    assert (seen.self_trade_scope, seen.expire_ns) == (special.self_trade_scope, special.expire_ns)
    assert (seen.wait, seen.list_id, seen.contingency) == (wait, list_id, Contingency.BRACKET)
    assert seen.shown_qty == (0 if wait else shown)
    assert seen.working_px == (0 if wait else Decimal(100))
