"""Whatever bytes come, however they are cut: a session answers with events, never with an exception."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.directory import Directory
from engine.events import SessionOpened
from gateways.binary import codec, soup
from gateways.binary.inbound import RequestReader
from gateways.binary.session import LoginRequested, MessagesReceived, ServerSession, SessionEvent
from gateways.binary.settings import BinarySettings

LOGIN = soup.login_request(soup.LoginRequest("TRADR1", "demo", "", 1))

kinds = st.sampled_from([ord(kind) for kind in "LURO+SHZ?"])
packets = st.builds(soup.packet, kinds, st.binary(max_size=80))
requests = st.builds(
    lambda layout, block, kind: soup.packet(kind, layout.header + block),
    st.sampled_from(codec.REQUESTS),
    st.binary(max_size=60),
    st.just(soup.UNSEQUENCED_DATA),
)
streams = st.lists(st.one_of(packets, requests, st.just(LOGIN), st.binary(max_size=8)), max_size=12).map(b"".join)


def run(parts: list[bytes]) -> list[object]:
    """Every event, batches of messages taken apart."""
    session = ServerSession(BinarySettings(), 0.0)
    pending: list[SessionEvent] = []
    seen: list[object] = []
    for part in parts:
        pending += session.receive(part, 0.0)
        while pending:
            event = pending.pop(0)
            seen += event.payloads if isinstance(event, MessagesReceived) else [event]
            if isinstance(event, LoginRequested):
                session.accept(1)
                pending += session.receive(b"", 0.0)
    return seen


@settings(max_examples=300)
@given(start=st.sampled_from([b"", LOGIN]), stream=streams, cuts=st.lists(st.integers(0, 2000), max_size=6))
def test_events_do_not_depend_on_how_the_bytes_are_cut(start: bytes, stream: bytes, cuts: list[int]) -> None:
    data = start + stream
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [data[begin:end] for begin, end in itertools.pairwise(edges)]
    assert run(parts) == run([data])


payloads = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda layout, block: layout.header + block, st.sampled_from(codec.REQUESTS), st.binary(min_size=0, max_size=80)
    ),
    st.builds(
        lambda block_length, template, schema, version, block: (
            codec.HEADER.pack(block_length, template, schema, version) + block
        ),
        st.integers(0, 65_535),
        st.integers(0, 160),
        st.sampled_from([0, codec.SCHEMA_ID]),
        st.integers(0, 3),
        st.binary(max_size=80),
    ),
)


@settings(max_examples=300)
@given(st.lists(payloads, max_size=8))
def test_every_payload_becomes_exactly_one_command_query_or_answer(received: list[bytes]) -> None:
    reader = RequestReader(SessionOpened(1, "SOUPBIN", "TRADR1", "", "TRADR1", "", "FIRM", [2], 2), Directory())
    turns = reader.read(received)
    assert sum(len(turn) if isinstance(turn, list) else 1 for turn in turns) == len(received)
    for turn in turns:
        if isinstance(turn, bytes):
            _, rest, error = soup.split(turn, 65_535)
            assert (rest, error) == (b"", "")
