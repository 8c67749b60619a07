"""Drop copies as FIX messages: the original's own words, and whose they are, in the reader's version."""

from __future__ import annotations

import msgspec
import pytest
from fix_venue import NOW, FakePort, client_frame, directory, order_image, session_opened, shown

from engine import events as ev
from engine.directory import Directory
from engine.image import OrderImage
from engine.reports import Copied, Report
from engine.session_profile import UnknownTags
from engine.types import (
    SCALE,
    Activation,
    CancelReason,
    OrdRejReason,
    OrdStatus,
    RestateReason,
)
from gateways.fix.codec import Encoder, Framer, parse
from gateways.fix.dialect import DIALECTS
from gateways.fix.logon import read_logon
from gateways.fix.mapping_out import ReportMapper
from gateways.fix.resend import Resend
from gateways.fix.routing import Routes
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.validation import validator_for

VERSIONS = ["FIX.4.2", "FIX.4.4", "FIXT.1.1"]
SOURCE, BINARY = 7, 8
ORDER = order_image()
GONE = order_image(status=OrdStatus.CANCELED, leaves_qty=0)
FULL = order_image(status=OrdStatus.FILLED, cum_qty=10 * SCALE, leaves_qty=0, cum_notional=1000 * SCALE)
REFUSED = order_image(order_id=0, cl_ord_id="C9", status=OrdStatus.REJECTED, leaves_qty=0)
TRADE = (4, 100 * SCALE, 10 * SCALE, FULL, FULL, 7, 7)
EVENTS: list[tuple[ev.Event, OrderImage]] = [
    (ev.OrderAccepted(ORDER), ORDER),
    (ev.TradeExecuted(*TRADE), FULL),
    (ev.OrderCanceled(GONE, CancelReason.CONNECTION_LOST), GONE),
    (ev.OrderCanceled(GONE, CancelReason.REQUESTED, "C2"), GONE),
    (ev.OrderExpired(GONE, CancelReason.END_OF_DAY), GONE),
    (ev.OrderReplaced(ORDER, "C0", True), ORDER),
    (ev.OrderRejected(REFUSED, OrdRejReason.OTHER, "no"), REFUSED),
    (ev.OrderTriggered(ORDER, Activation.TRIGGER), ORDER),
    (ev.OrderRestated(ORDER, RestateReason.SELF_TRADE), ORDER),
    (ev.TradeBusted(*TRADE, "op", "error"), FULL),
    (ev.TradeCorrected(*TRADE, 99 * SCALE, 10 * SCALE, 7, 7, "op", "error"), FULL),
]


def known() -> Directory:
    """The venue's directory, with a FIX session of FIRM and a binary one of OTHER."""
    told = directory()
    opened = session_opened("FIX.4.2")
    told.apply(opened)
    told.apply(
        msgspec.structs.replace(
            opened, session_id=BINARY, protocol="SOUPBIN", comp_id="algo", target_comp_id="", firm="OTHER"
        )
    )
    return told


def original(event: ev.Event, order: OrderImage) -> Report:
    return Report(3, 77, 1, NOW, event, order)


def copy_of(report: Report, session_id: int = SOURCE, number: int = 50) -> Report:
    return Report(number, report.seq, report.position, report.time_ns, Copied(session_id, report), None)


def split(begin_string: str, report: Report, told: Directory | None = None) -> tuple[list[str], list[str]]:
    """The fields of a report's body, and those of its copy that it has not."""
    mapper = ReportMapper(DIALECTS[begin_string], told or known(), 3)
    msg_type, body = mapper.report(report)
    copy_type, copy = mapper.report(copy_of(report))
    assert (msg_type, copy_type) == ("8", "8")
    mine, theirs = body.split("\x01")[:-1], copy.split("\x01")[:-1]
    assert [field for field in theirs if field in mine] == mine
    return mine, [field for field in theirs if field not in mine]


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize(("event", "order"), EVENTS, ids=lambda it: type(it).__name__)
def test_a_copy_is_the_original_and_whose_it_is(event: ev.Event, order: OrderImage, begin_string: str) -> None:
    _, added = split(begin_string, original(event, order))
    named = ["115=BROKER1", "116=FIX.4.2"]
    firm = ["76=FIRM"] if begin_string == "FIX.4.2" else ["797=Y", "453=1", "448=FIRM", "447=D", "452=1"]
    assert added == named + firm


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize(("event", "order"), EVENTS, ids=lambda it: type(it).__name__)
def test_a_copy_is_valid_by_the_versions_dictionary(event: ev.Event, order: OrderImage, begin_string: str) -> None:
    msg_type, body = ReportMapper(DIALECTS[begin_string], known(), 3).report(copy_of(original(event, order)))
    data = Encoder(begin_string, "TRADEENGINE", "CLEARER").encode(msg_type, 50, "20231114-22:13:20.000", body)
    assert validator_for(begin_string, UnknownTags.REJECT).check(parse(data)) is None


def test_the_sources_protocol_makes_no_difference() -> None:
    mapper = ReportMapper(DIALECTS["FIX.4.4"], known(), 3)
    binary = original(ev.OrderAccepted(ORDER), ORDER)
    _, body = mapper.report(copy_of(binary, BINARY))
    assert body.startswith("115=algo\x01116=SOUPBIN\x01")
    assert "448=OTHER\x01" in body


def test_a_sources_firm_may_change_and_the_session_may_be_removed() -> None:
    told = known()
    mapper = ReportMapper(DIALECTS["FIX.4.4"], told, 3)
    copy = copy_of(original(ev.OrderAccepted(ORDER), ORDER))
    assert "448=FIRM\x01" in mapper.report(copy)[1]
    told.apply(msgspec.structs.replace(told.sessions[SOURCE], firm="MERGED"))
    assert "448=MERGED\x01" in mapper.report(copy)[1]
    told.apply(ev.SessionRemoved(SOURCE))
    assert mapper.report(copy)[1].startswith("115=BROKER1\x01")


def test_a_copy_is_resent_with_the_same_words() -> None:
    mapper = ReportMapper(DIALECTS["FIX.4.4"], known(), 3)
    copies = [copy_of(original(event, order), number=number) for number, (event, order) in enumerate(EVENTS, 5)]
    encoder = Encoder("FIX.4.4", "TRADEENGINE", "CLEARER")
    resend = Resend(encoder, mapper, 3, Routes(10), 5, 4 + len(copies))
    framer = Framer(1 << 20)
    framer.feed(encoder.join(resend.chunk(copies, 0, NOW)))
    for frame, copy in zip(framer.take(100), copies, strict=True):
        fields = parse(frame).fields
        assert (fields["43"], fields["34"], fields["115"]) == ("Y", str(copy.number), "BROKER1")
        assert shown(frame).endswith(mapper.report(copy)[1].replace("\x01", "|").rstrip("|"))


def test_a_session_passes_copies_on_under_its_own_numbers() -> None:
    port, framer = FakePort(), Framer(1 << 20)
    for opened in known().sessions.values():
        port.directory.apply(opened)
    session = FixSession(
        read_logon(client_frame("A", 1, "98=0|108=30"), NOW, FixSettings()), port, FixSettings(), framer.feed
    )
    session.start(NOW)
    session.deliver(port.logged_on(), NOW)
    framer.take(10)
    copy = port.stamp(Copied(SOURCE, original(ev.OrderAccepted(ORDER), ORDER)))
    session.deliver(port.release(copy), NOW)
    (frame,) = framer.take(10)
    fields = parse(frame).fields
    assert {tag: fields[tag] for tag in ("35", "34", "115", "11", "797")} == {
        "35": "8", "34": str(copy.number), "115": "BROKER1", "11": "C1", "797": "Y",
    }  # fmt: skip
