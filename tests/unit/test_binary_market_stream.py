"""Streams of market data: numbers, batches, and what is kept of them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from binary_schema import MESSAGE, block_format, formats_of_types
from engine_builders import instrument
from hypothesis import given
from hypothesis import strategies as st
from market_book import FILE

from engine.market_data.levels import Levels
from engine.market_data.top import MarketState
from gateways.binary import codec, soup
from gateways.binary.market import codec as market
from gateways.binary.market.delivery import WholeStream
from gateways.binary.market.line import Line, Listed
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Batch, Stream


def packet(number: int) -> bytes:
    return soup.packet(soup.SEQUENCED_DATA, str(number).encode() * (1 + number % 3))


def filled(sizes: list[int], bytes_max: int = 10**6) -> Stream:
    stream = Stream("O123456789", bytes_max)
    for size in sizes:
        stream.extend([packet(stream.next + n) for n in range(size)])
        stream.close()
    return stream


@given(st.lists(st.integers(0, 5), max_size=20), st.data())
def test_any_part_can_be_read_again_in_any_pieces(sizes: list[int], data: st.DataObject) -> None:
    stream = filled(sizes)
    first = number = data.draw(st.integers(1, stream.next))
    read = b""
    while number < stream.next:
        batch = stream.since(number, data.draw(st.integers(1, 200)))
        assert batch.first == number
        assert batch.count
        read += batch.packets
        number = batch.next
    assert read == b"".join(packet(n) for n in range(first, stream.next))


def test_the_oldest_batches_go_when_there_is_no_room() -> None:
    stream = filled([3] * 10, bytes_max=1_000)
    assert 1 < stream.oldest < stream.next == 31
    assert (stream.oldest - 1) % 3 == 0
    assert stream.holds(stream.oldest)
    assert stream.holds(stream.next)
    assert not stream.holds(stream.oldest - 1)
    assert not stream.holds(stream.next + 1)
    with pytest.raises(LookupError, match=f"packet 1: those from {stream.oldest} to 30 are kept"):
        stream.since(1, 100)


def test_of_very_many_small_batches_just_as_many_are_kept() -> None:
    stream = Stream("O123456789", 500 * (len(packet(5000)) + 200))
    for number in range(1, 10_001):
        stream.append(packet(number))
        assert stream.close() is not None
        assert stream.holds(number)
    assert stream.oldest in range(9_480, 9_502)
    for first in range(stream.oldest, stream.next):
        assert stream.since(first, 1).packets == packet(first)
    whole = stream.since(stream.oldest, 10**6)
    assert whole.next == stream.next
    assert whole.packets == b"".join(packet(number) for number in range(stream.oldest, stream.next))
    assert len(stream._batches) < 4_096


def test_what_is_not_sent_yet_cannot_be_read() -> None:
    stream = filled([2])
    stream.append(packet(3))
    assert stream.since(1, 1000).next == 3
    assert stream.close() == Batch(3, 1, packet(3))
    assert stream.close() is None
    assert stream.since(3, 1000) == Batch(3, 1, packet(3))


def test_a_batch_larger_than_the_room_is_not_kept() -> None:
    stream = filled([3], bytes_max=50)
    assert stream.oldest == stream.next == 4
    assert stream.since(4, 100) == Batch(4, 0, b"")


class Outbox:
    def __init__(self) -> None:
        self.backlog = 0
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


def test_a_client_that_reads_too_slowly_is_cut_and_what_it_has_is_whole() -> None:
    outbox, cut = Outbox(), []
    delivery = WholeStream(outbox, 100, cut.append)
    delivery.offer(Batch(1, 1, b"x" * 500))  # nothing waits: it is the kernel's to take
    outbox.backlog = 60
    delivery.offer(Batch(2, 1, b"x" * 40))
    outbox.backlog = 100
    delivery.offer(Batch(3, 1, b"x"))
    assert [len(data) for data in outbox.written] == [500, 40]
    (reason,) = cut
    assert reason == "the client reads too slowly: more than 100 bytes wait for it from 3 on"


def listed(symbol_id: int) -> Listed:
    known = Listed()
    known.instrument = instrument(symbol_id=symbol_id, symbol=f"S{symbol_id}")
    known.state = MarketState(known.instrument).present()
    return known


@pytest.mark.parametrize("since", [False, True])
def test_an_image_is_as_old_as_what_it_lacks(monkeypatch: pytest.MonkeyPatch, since: bool) -> None:
    """An instrument that was quiet for long changes while a joiner waits for the image of another."""
    monkeypatch.setattr("gateways.binary.market.line.LAG_MAX", 10)
    asked: list[int] = []
    line = Line(Kind.LEVELS, Stream("L123456789", 1_000), asked.append)
    quiet, busy = listed(1), listed(2)
    for symbol_id, known in ((1, quiet), (2, busy)):
        line.begin(symbol_id, 1, known, Levels([], []))
    for number in range(100):
        line.tell(2, [packet(number)])
        line.flush()
    taken: list[tuple[int, list[bytes]]] = []
    number = line.joins_at
    assert number == line.stream.next
    line.snapshot(lambda *snapshot: taken.append(snapshot), number if since else 0)
    assert asked == [2]
    line.tell(1, [packet(1)])
    line.renew(2, 1, busy, Levels([], []))
    line.flush()
    ((at, packets),) = taken
    assert at == number
    assert line.stream.holds(at)
    shown = [
        market.UNSEQUENCED.snapshot_begin.unpack(sent, 3 + codec.HEADER_SIZE)[:2]
        for sent in packets
        if sent.startswith(market.UNSEQUENCED.snapshot_begin.head)
    ]
    assert shown == [(number - 1, 1), (number, 2)]
    assert packets[-1] == market.UNSEQUENCED.snapshot_complete.pack(at, 2)


def test_the_layouts_are_the_schemas() -> None:
    root = ElementTree.parse(FILE).getroot()
    formats = formats_of_types(root)
    in_schema = {}
    for message in root.iter(MESSAGE):
        block = block_format(message, formats)
        length = int(message.attrib["blockLength"])
        in_schema[int(message.attrib["id"])] = (message.attrib["name"], expanded(block), length)
    for messages, kind in ((market.SEQUENCED, soup.SEQUENCED_DATA), (market.UNSEQUENCED, soup.UNSEQUENCED_DATA)):
        layouts = list(messages)
        in_codec = {each.template_id: (each.name, expanded(each.block_format), each.block_length) for each in layouts}
        assert in_codec == in_schema
        for layout in layouts:
            assert layout.kind == kind
            schema = int(root.attrib["id"]), int(root.attrib["version"])
            assert codec.HEADER.unpack(layout.header) == (layout.block_length, layout.template_id, *schema)


def expanded(block: str) -> str:
    """``3c`` → ``ccc``, but not ``3s``, which is one value."""
    out, count = "", ""
    for char in block:
        if char.isdigit():
            count += char
        else:
            out += count + char if char == "s" else char * int(count or "1")
            count = ""
    return out
