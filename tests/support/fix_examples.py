"""The FIX messages that the documents show: played against a venue, and written down anew.

``python tests/support/fix_examples.py [DOCUMENT …]`` renews documents. A block marked ``fix`` holds lines: ``>`` is
what a client sends, ``<`` what it gets, both whole messages with ``|`` for SOH; a Logon opens a connection. ``-`` says
what happens to one: that the client loses it, or that the venue closes it. A block marked ``yaml sessions`` holds
entries for the configuration's sessions that the document needs. A line may be a draft:

    > BROKER1 D|11=A1|55=AAPL|               of the FIX.4.4 session, without header and trailer, by its next number
    > FIX.4.2 BROKER1 1|34=7|112=late|       of another version, under a number that is given
    < FIX.4.2 BROKER1                        the next message, whatever it is
"""

from __future__ import annotations

import base64
import re
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from documents import FIX_DOCUMENTS, blocks
from fix_client import utc_now
from venue_process import DEMO, VenueProcess

from gateways.fix.codec import checksum

WAIT_S = 60.0
SIGNING_KEY = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
"""The private key that the documents sign with: RFC 8032, section 7.1, test 1."""
_MESSAGE = re.compile(rb"8=FIX[^\x01]*\x019=(\d+)\x01")
_TRAILER_SIZE = 7
_NOW = frozenset({"52", "60", "122"})
"""Times of a client's message, which have to be the present one."""
_VARYING = _NOW | frozenset(
    {"9", "10", "17", "19", "37", "75", "198", "272", "273", "278", "527", "571", "572", "779", "880", "1003", "1369"}
)
"""Tags whose values differ from run to run; that they are there, and where, is compared."""
_SIGNATURE_LENGTH = 88
"""Of an Ed25519 signature in base64."""
_SIGNED = ("35", "49", "56", "34", "52")
_DRAFT = re.compile(r"(?:(?P<version>FIXT?\.\d\.\d) )?(?P<comp_id>\w+)(?: (?P<msg_type>\w+)\|(?P<body>.*))?")
_VENUE = "TRADEENGINE"
_EVENT = re.compile(r"(?P<lost>\S+ \S+) loses its connection|the venue closes the connection of (?P<closed>\S+ \S+)")

Pairs = list[tuple[str, str]]


class Line(NamedTuple):
    """One line of a document's block. ``kind``: ``>``, ``<`` or ``-``."""

    place: str
    kind: str
    text: str


class Socket:
    """A client's end of a connection that takes whole messages out of what comes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self._data = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def message(self) -> bytes:
        """The next message. Raises ConnectionError at the stream's end."""
        while (found := _MESSAGE.match(self._data)) is None or len(self._data) < _end(found):
            self._receive()
        size = _end(found)
        message, self._data = self._data[:size], self._data[size:]
        return message

    def await_end(self) -> bytes:
        """What came before the stream's end."""
        try:
            while True:
                self._receive()
        except ConnectionError:
            return self._data

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> None:
        more = self._socket.recv(65_536)
        if not more:
            raise ConnectionError(f"the venue closed the connection; before that it sent {self._data!r}")
        self._data += more


def _end(found: re.Match[bytes]) -> int:
    return found.end() + int(found[1]) + _TRAILER_SIZE


class Player:
    """The clients of one document's examples, each session on a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._links: dict[str, Socket] = {}

    def play(self, line: Line) -> str:
        """Does or awaits what a line says; the message that went or came, as documents show them."""
        if line.kind == "-":
            self._happen(line)
            return line.text
        named = dict(pairs_of(line.text))
        if line.kind == "<":
            return shown(self._links[f"{named['8']} {named['56']}"].message())
        data = as_of_now(pairs_of(line.text))
        session = f"{named['8']} {named['49']}"
        if (named["35"] == "A" and named.get("141") != "Y") or session not in self._links:
            self._close(session)
            self._links[session] = Socket(self._port)
        self._links[session].send(data)
        return shown(data)

    def close(self) -> None:
        for session in list(self._links):
            self._close(session)

    def _happen(self, line: Line) -> None:
        found = _EVENT.fullmatch(line.text)
        assert found, f"{line.place}: {line.text!r}"
        if found["closed"]:
            assert self._links[found["closed"]].await_end() == b"", line.place
        self._close(found["closed"] or found["lost"])

    def _close(self, session: str) -> None:
        link = self._links.pop(session, None)
        if link is not None:
            link.close()


def lines(document: Path) -> Iterator[Line]:
    """The lines of a document's ``fix`` blocks, in order."""
    for block in blocks(document):
        if block.words == ("fix",):
            for number, text in enumerate(block.text.splitlines(), block.line + 1):
                place = f"{document.name}:{number}"
                assert text[:2] in ("> ", "< ", "- "), f"{place}: {text!r}"
                yield Line(place, text[0], text[2:])


def configuration(document: Path) -> str:
    """The demo profile with the sessions that a document adds to it."""
    added = [block.text for block in blocks(document) if block.words == ("yaml", "sessions")]
    return "\n".join([DEMO.read_text("utf-8"), *added])


def pairs_of(text: str) -> Pairs:
    """A shown message's fields."""
    assert text.endswith("|"), text
    return [(tag, value) for tag, _, value in (field.partition("=") for field in text[:-1].split("|"))]


def shown(data: bytes) -> str:
    return data.decode("latin-1").replace("\x01", "|")


def frame_fault(text: str) -> str:
    """What is wrong with a shown message's BodyLength or CheckSum; empty if nothing is."""
    data = text.replace("|", "\x01").encode("latin-1")
    found = _MESSAGE.match(data)
    if found is None:
        return "it has no BodyLength"
    size = len(data) - found.end() - _TRAILER_SIZE
    if int(found[1]) != size:
        return f"BodyLength must be 9={size}"
    sum_field = b"10=%03d\x01" % checksum(data[:-_TRAILER_SIZE])
    return "" if data.endswith(sum_field) else f"CheckSum must be {sum_field[:-1].decode()}"


def as_of_now(pairs: Pairs) -> bytes:
    """A client's message with the times, signature, length and sum that it needs to be taken now."""
    now = utc_now()
    body = [(tag, now if tag in _NOW else value) for tag, value in pairs if tag not in ("8", "9", "10")]
    if is_signed(pairs):
        signature = signed(body)
        fresh = {"95": str(len(signature)), "96": signature}
        body = [(tag, fresh.get(tag, value)) for tag, value in body]
    content = "".join(f"{tag}={value}\x01" for tag, value in body)
    data = f"8={pairs[0][1]}\x019={len(content)}\x01{content}".encode("latin-1")
    return data + b"10=%03d\x01" % checksum(data)


def is_signed(pairs: Pairs) -> bool:
    """Whether it is a Logon with a signature in RawData (96)."""
    named = dict(pairs)
    return named["35"] == "A" and len(named.get("96", "")) == _SIGNATURE_LENGTH


def signed(pairs: Pairs) -> str:
    """The signature that a Logon of these fields has in RawData (96), made with :data:`SIGNING_KEY`."""
    named = dict(pairs)
    payload = "\x01".join(named[tag] for tag in _SIGNED).encode("latin-1")
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(SIGNING_KEY).sign(payload)).decode()


def essence(text: str) -> Pairs:
    """What of a message from the venue is the same in each run."""
    return [(tag, "…" if tag in _VARYING else value) for tag, value in pairs_of(text)]


# ---- renewing -----------------------------------------------------------------------------------------------------


class Drafts:
    """Completes drafts; knows which number each session sends next."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()

    def complete(self, line: Line) -> Line:
        """The line with a whole message."""
        draft = None if line.text.startswith("8=") or line.kind == "-" else _DRAFT.fullmatch(line.text)
        if draft is not None:
            version = draft["version"] or "FIX.4.4"
            if line.kind == "<":
                return line._replace(text=f"8={version}|56={draft['comp_id']}|")
            number = self._sent[f"{version} {draft['comp_id']}"] + 1
            body, given = draft["body"], re.match(r"34=(\d+)\|", draft["body"])
            if given:
                number, body = int(given[1]), body[given.end() :]
            header = f"35={draft['msg_type']}|34={number}|49={draft['comp_id']}|56={_VENUE}|52={utc_now()}|"
            line = line._replace(text=f"8={version}|9=0|{header}{body}10=000|")
        if line.kind == ">":
            named = dict(pairs_of(line.text))
            self._sent[f"{named['8']} {named['49']}"] = int(named["34"])
        return line


def renew(document: Path, directory: Path) -> None:
    """Rewrites the ``fix`` blocks of one document."""
    config = directory / "config.yaml"
    config.write_text(configuration(document), "utf-8")
    venue = VenueProcess(directory / "venue", {"JOURNAL__DURABILITY": "os"}, config=config)
    text = document.read_text("utf-8").splitlines()
    venue.start()
    player, drafts = Player(venue.ports.fix), Drafts()
    try:
        for line in lines(document):
            at = int(line.place.rpartition(":")[2]) - 1
            text[at] = f"{line.kind} {player.play(drafts.complete(line))}"
    except (ConnectionError, TimeoutError, AssertionError, KeyError) as error:
        sys.exit(f"{line.place}: {line.text}\n{error!r}\n{venue.output[-2000:]}")
    finally:
        player.close()
        venue.close()
        document.write_text("\n".join(text) + "\n", "utf-8")


def main(names: list[str]) -> None:
    for document in [Path(name).resolve() for name in names] or FIX_DOCUMENTS:
        with tempfile.TemporaryDirectory() as directory:
            renew(document, Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
