"""Short frames are found a quicker way: whatever comes, and however it is cut, they are those of the general way."""

from __future__ import annotations

import pytest
from fix_venue import client_frame, frame
from hypothesis import given
from hypothesis import strategies as st

from gateways.fix.codec import Framer


class General(Framer):
    """Takes every frame the general way."""

    __slots__ = ()

    def _take_short(self, frames: list[bytes], count: int) -> None:
        """None is short."""


@st.composite
def near_frames(draw: st.DrawFn) -> bytes:
    """A frame around the size that is short, of any bytes, and perhaps one of its bytes wrong or gone, or one more."""
    begin_string = draw(st.sampled_from(["FIX.4.4", "FIXT.1.1", "FIX.4", "FIX"]))
    body = "x" * draw(st.one_of(st.integers(0, 40), st.integers(180, 260))) + draw(
        st.sampled_from(["", "|10=077", "é"])
    )
    whole = frame(f"35={draw(st.sampled_from('0D'))}|58={body}", begin_string=begin_string)
    at = draw(st.one_of(st.integers(0, len(whole)), st.integers(max(0, len(whole) - 9), len(whole))))
    damage = draw(st.sampled_from(["none"] * 4 + ["insert", "replace", "remove", "pad"]))
    byte = bytes([draw(st.sampled_from(b"\x0101289=\xff"))])
    if damage == "pad":
        return whole.replace(b"\x019=", b"\x019=0")
    inserted = byte if damage in ("insert", "replace") else b""
    return whole[:at] + inserted + whole[at + (damage in ("replace", "remove")) :]


@given(st.lists(near_frames(), max_size=6), st.sampled_from([100, 255, 256, 8192]), st.data())
def test_the_short_way_finds_what_the_general_way_does(parts: list[bytes], size_max: int, data: st.DataObject) -> None:
    stream = b"".join(parts)
    quick, general = Framer(size_max), General(size_max)
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        count = data.draw(st.integers(0, 4))
        for framer in (quick, general):
            framer.feed(stream[:size])
        stream = stream[size:]
        assert quick.take(count) == general.take(count)
        assert quick.garbled == general.garbled
    assert quick.take(100) == general.take(100)
    assert quick.garbled == general.garbled


def test_the_short_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above compares the general way with itself."""
    one, other = client_frame("0", 2), client_frame("D", 3, "58=" + "\xff" * 150)
    assert len(other) < 256
    monkeypatch.setattr(Framer, "_take_one", None)
    found = Framer(256)
    found.feed(one + other)
    assert found.take(2) == [one, other]


def test_a_long_frame_is_not_short() -> None:
    """Its bytes' sum could go past what Adler-32 tells."""
    right = client_frame("D", 3, "58=" + "\xff" * 300)
    wrong = right[:-4] + b"%03d\x01" % ((int(right[-4:-1]) + 241) % 256)
    found = Framer(8192)
    found.feed(wrong + right)
    assert found.take(2) == [right]
    assert found.garbled == 1
