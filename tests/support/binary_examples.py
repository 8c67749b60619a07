"""The packets that the documents about the binary protocol show: played against a venue, and written down anew.

``python tests/support/binary_examples.py [DOCUMENT …]`` renews documents. A block marked ``hex`` is of the order entry
port, one marked ``hex market-data`` of the market data port. ``>`` is a packet of the client, a Login Request opens a
connection; ``<`` one of the venue, heartbeats left out; ``< …`` stands for whatever comes before the next. What follows
``>`` or ``<`` is a dump with a comment behind two spaces, ``..`` for a byte that varies, or a draft:

    > login TRADR1 1 [session]         > logout       > raw 00 00 37 00 ac 26 03 00
    > NewOrder ClOrdID=1 Price=230.5 Side=Buy …       in the newest version, or the one that @ names: NewOrder@1
    <                                                 the next packet
    < OrderAdded                                      the next one behind ``< …`` with this message
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from documents import ROOT, Block, blocks
from packet_dump import rendered
from schema_client import SchemaCodec
from venue_process import VenueProcess

from gateways.binary.schema.artifacts import MARKET_DATA, ORDER_ENTRY
from gateways.binary.schema.model import Composite, Schema
from gateways.binary.schema.reader import read

DOCUMENTS = (ROOT / "docs" / "binary.md", ROOT / "docs" / "binary" / "market-data.md")
WAIT_S = 60.0
SKIP = "…"
_HEX = re.compile(r"(?:[0-9a-f]{2}|\.\.)(?: (?:[0-9a-f]{2}|\.\.))*")
_PORTS = {("hex",): "binary", ("hex", "market-data"): "market-data"}
_UNIT = 10**8
_HEARTBEAT = b"\x00\x01H"
_VERSIONS = ROOT / "tests" / "support"


class Line(NamedTuple):
    """One packet of a document: to the venue or from it."""

    place: str
    port: str
    to_venue: bool
    text: str


class Link:
    """A client's end of a connection that takes whole packets out of what comes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self._data = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def packet(self) -> bytes:
        """The next one that is no heartbeat. Raises ConnectionError at the stream's end."""
        while True:
            while len(self._data) < 2 or len(self._data) < 2 + int.from_bytes(self._data[:2], "big"):
                more = self._socket.recv(65_536)
                if not more:
                    raise ConnectionError(f"the venue closed the connection; it had sent {self._data!r}")
                self._data += more
            size = 2 + int.from_bytes(self._data[:2], "big")
            packet, self._data = self._data[:size], self._data[size:]
            if packet != _HEARTBEAT:
                return packet

    def close(self) -> None:
        self._socket.close()


class Player:
    """The clients of one document, one connection after the other on each port."""

    def __init__(self, ports: dict[str, int]) -> None:
        self._ports = ports
        self._links: dict[str, Link] = {}
        self._skips = False

    def play(self, line: Line) -> bytes | None:
        """Sends or awaits what a line says, and returns the packet; None for one that only skips.

        Raises AssertionError where what comes is not what the document shows.
        """
        if line.to_venue:
            return self._send(line)
        if line.text == SKIP:
            self._skips = True
            return None
        fits = _expected(line.text)
        while True:
            got = self._links[line.port].packet()
            if fits(got):
                self._skips = False
                return got
            assert self._skips, f"{line.place}: {got.hex(' ')}"

    def close(self) -> None:
        for link in self._links.values():
            link.close()

    def _send(self, line: Line) -> bytes:
        data = packet_of(line.text)
        if data[2:3] == b"L":
            if line.port in self._links:
                self._links[line.port].close()
            self._links[line.port] = Link(self._ports[line.port])
        self._links[line.port].send(data)
        if data == b"\x00\x01O":
            try:
                raise AssertionError(f"{line.place}: {self._links[line.port].packet().hex(' ')}")
            except ConnectionError:
                pass
        return data


def lines(document: Path) -> Iterator[tuple[Block, Line]]:
    """The packets of a document, each with its block."""
    for block in blocks(document):
        if block.words not in _PORTS:
            continue
        gathered: list[Line] = []
        for number, text in enumerate(block.text.splitlines(), block.line + 1):
            place = f"{document.name}:{number}"
            assert text[:1] in ("<", ">", " "), f"{place}: {text!r}"
            if text[0] == " ":
                last = gathered.pop()
                gathered.append(last._replace(text=f"{last.text}\n{text}"))
            else:
                gathered.append(Line(place, _PORTS[block.words], text[0] == ">", text[2:].strip()))
        for line in gathered:
            yield block, line


def octets(text: str) -> list[int | None]:
    """The bytes that a dump shows, None for ``..``; comments stand behind two spaces or more."""
    columns = (re.split(r" {2,}", line.strip(), maxsplit=1)[0] for line in text.splitlines())
    return [None if pair == ".." else int(pair, 16) for column in columns for pair in column.split()]


def _expected(text: str) -> Callable[[bytes], bool]:
    """What the dump or the draft of a venue's packet says of it."""
    if not text or _is_dump(text):
        wanted = octets(text)
        return lambda got: not wanted or matches(wanted, got)
    schemas = read(ORDER_ENTRY), read(MARKET_DATA)
    known = {(it.template_id, schema.id) for schema in schemas for it in schema.messages if it.name == text}
    assert known, text
    return lambda got: struct.unpack_from("<HH", got, 5) in known if len(got) >= 9 else False


def _is_dump(text: str) -> bool:
    return _HEX.fullmatch(re.split(r" {2,}|\n", text, maxsplit=1)[0]) is not None


def matches(wanted: list[int | None], got: bytes) -> bool:
    return len(wanted) == len(got) and all(a in (None, b) for a, b in zip(wanted, got, strict=True))


def packet_of(text: str) -> bytes:
    """The bytes of a dump or of a draft."""
    if _is_dump(text):
        data = bytes(octet for octet in octets(text) if octet is not None)
        assert len(data) == 2 + int.from_bytes(data[:2], "big"), text
        return data
    word, *rest = text.split()
    if word == "login":
        user, sequence, session = (*rest, "")[:3]
        return _packet(b"L", f"{user:6}{'demo':10}{session:>10}{sequence:>20}".encode())
    if word == "logout":
        return _packet(b"O", b"")
    if word == "raw":
        return _packet(b"U", bytes.fromhex("".join(rest)))
    name, _, version = word.partition("@")
    schema = _schema_of(int(version)) if version else read(ORDER_ENTRY)
    values = {key: _value(schema, name, key, value) for key, value in (pair.split("=") for pair in rest)}
    return _packet(b"U", SchemaCodec(schema).encode(name, **values))


def _schema_of(version: int) -> Schema:
    return read(_VERSIONS / f"binary_version_{version}.sbe.xml")


def _value(schema: Schema, message: str, name: str, text: str) -> Any:
    block = next(each for each in schema.messages if each.name == message)
    kind = next(field.type for field in block.fields if field.name == name)
    if isinstance(kind, Composite) and kind.is_decimal:
        whole, _, fraction = text.partition(".")
        return int(whole) * _UNIT + int(fraction.ljust(8, "0"))
    return int(text) if text.isdigit() else text


def _packet(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">H", 1 + len(payload)) + kind + payload


def ports_of(venue: VenueProcess) -> dict[str, int]:
    """By the names of ``ports.json``."""
    ports: dict[str, int] = json.loads((venue.data_dir / "ports.json").read_text())
    return ports


def renew(document: Path, directory: Path) -> None:
    """Rewrites the blocks of one document."""
    venue = VenueProcess(directory / "venue", {"JOURNAL__DURABILITY": "os"})
    venue.start()
    player = Player(ports_of(venue))
    written: dict[Block, list[str]] = {}
    try:
        for block, line in lines(document):
            packet = player.play(line)
            dump = rendered(packet, from_venue=not line.to_venue) if packet else SKIP
            written.setdefault(block, []).append(f"{'>' if line.to_venue else '<'} {dump}\n")
    finally:
        player.close()
        venue.close()
    text = document.read_text("utf-8")
    for block, parts in written.items():
        info = " ".join(block.words)
        text = text.replace(f"```{info}\n{block.text}```", f"```{info}\n{''.join(parts)}```", 1)
    document.write_text(text, "utf-8")


def main(names: list[str]) -> None:
    for document in [Path(name) for name in names] or DOCUMENTS:
        with tempfile.TemporaryDirectory() as directory:
            renew(document, Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
