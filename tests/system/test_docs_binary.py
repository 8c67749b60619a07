"""The packets that the binary protocol's documents show: sent to a venue, its answers held against them."""

from __future__ import annotations

from pathlib import Path

import pytest
from binary_examples import DOCUMENTS, Player, lines, octets, packet_of, ports_of
from packet_dump import rendered
from venue_process import MakeVenue

from gateways.binary.authentication import signed_payload

EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@EACH
def test_packets_are_those_on_the_wire(document: Path, make_venue: MakeVenue) -> None:
    player = Player(ports_of(make_venue()))
    shown = list(lines(document))
    assert len(shown) > 2
    try:
        for _, line in shown:
            player.play(line)
    finally:
        player.close()


@EACH
def test_what_stands_behind_the_bytes_is_what_they_mean(document: Path) -> None:
    """Of the client's packets, which have no byte that varies."""
    for _, line in lines(document):
        if line.to_venue:
            assert line.text == rendered(packet_of(line.text), from_venue=False), line.place


def test_a_dump_is_read_as_it_is_written() -> None:
    packet = packet_of("NewOrder@1 ClOrdID=1 Price=230.5 OrderQty=10 SecurityID=8 Side=Buy OrdType=Limit")
    dump = rendered(packet, from_venue=False)
    assert bytes(octet for octet in octets(dump) if octet is not None) == packet
    assert packet_of(dump) == packet
    assert dump.splitlines()[2].startswith("  01 00 00 00 00 00 00 00  ")
    assert dump.splitlines()[2].endswith("  ClOrdID 1")


def test_what_is_signed_is_what_the_document_says() -> None:
    text = DOCUMENTS[0].read_text("utf-8")
    nonce = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    joined = "\x01".join(("TradeEngine-SoupBin-1", "94D97740D7", "TRADR1", nonce))
    assert r'"\x01".join(("TradeEngine-SoupBin-1", "94D97740D7", "TRADR1", nonce))' in text
    assert nonce in text
    assert signed_payload("94D97740D7", "TRADR1", nonce) == joined.encode()
