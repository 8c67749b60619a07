"""Packets of a receive buffer, in runs of the same length and type and not, beside the simplest reading of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateways.binary import soup

LENGTH_MAX = 300
_PACKETS = st.builds(soup.packet, st.sampled_from(b"USR"), st.binary(max_size=4) | st.just(bytes(260)))
_RUNS = st.builds(lambda packet, times: packet * times, _PACKETS, st.integers(1, 140))


def simply(data: bytes) -> tuple[list[tuple[int, bytes]], bytes, str]:
    """One packet after the other."""
    packets: list[tuple[int, bytes]] = []
    while len(data) >= 2:
        length = int.from_bytes(data[:2], "big")
        if not 0 < length <= LENGTH_MAX:
            return packets, b"", f"packet length {length}: must be from 1 to {LENGTH_MAX}"
        if len(data) < 2 + length:
            break
        packets.append((data[2], data[3 : 2 + length]))
        data = data[2 + length :]
    return packets, data, ""


@given(st.lists(_RUNS | _PACKETS, max_size=8), st.binary(max_size=5), st.integers(0, 400))
def test_runs_are_cut_like_packets_that_come_alone(parts: list[bytes], behind: bytes, cut_off: int) -> None:
    data = b"".join(parts) + behind
    data = data[: max(0, len(data) - cut_off)] if cut_off < 300 else data
    assert tuple(soup.split(data, LENGTH_MAX)) == simply(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_alike(data: bytes) -> None:
    assert tuple(soup.split(data, LENGTH_MAX)) == simply(data)
