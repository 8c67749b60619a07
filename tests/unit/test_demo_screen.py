"""The screen as text: every number in its place at any size of terminal."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console, RenderableType

from engine.types import SCALE, Side
from tradeengine import demo_screen
from tradeengine.demo_chart import chart
from tradeengine.demo_keys import keys_in
from tradeengine.demo_run import summary
from tradeengine.demo_stats import Ladder, LadderLevel, Latencies, Picture, Print, Quote, Rate, Row, Tape

PORTS = {"fix": 41001, "binary": 41002, "admin": 41003}
MS = 1_000_000


def level(px: str, qty: int, orders: int) -> LadderLevel:
    whole, fraction = px.split(".")
    return LadderLevel(int(whole + fraction.ljust(8, "0")), qty * SCALE, orders)


def row(name: str, sent: int = 1200) -> Row:
    return Row(
        name=name, protocol="FIX 4.4", role="maker", open_orders=120, sent=sent, fills=300, refused=2,
        sent_per_s=190.2, fills_per_s=55.7, p50_ns=850_000, p99_ns=12 * MS,
    )  # fmt: skip


LADDER = Ladder(
    symbol="AAPL",
    tick=SCALE // 100,
    step=SCALE,
    bids=[level("229.98", 100, 2), level("229.96", 50, 1)],
    offers=[level("230.02", 200, 3), level("230.10", 25, 1), level("231.00", 5, 1)],
    sequence=9,
)
PICTURE = Picture(
    elapsed_s=75.4,
    trades=4321,
    trades_per_s=512.3,
    rate_wanted=1000,
    ladder=LADDER,
    quotes=[
        Quote("BTC/USDT", SCALE // 100, 6_500_000_000_000, 6_500_000_000_000),
        Quote("AAPL", SCALE // 100, 22_885_000_000, 23_000_000_000),
        Quote("DOGE/USDT", SCALE // 100_000, 15_150_000, 15_000_000),
    ],
    prints=[
        Print(1_700_000_000_000_000_000, "AAPL", Side.SELL, 22_998_000_000, 30 * SCALE, "TRADR3"),
        Print(1_699_999_999_000_000_000, "AAPL", Side.BUY, 23_002_000_000, 1250 * SCALE, "BROKER2"),
    ],
    history=[22_998_000_000, 23_002_000_000, 22_985_000_000],
    rows=[row("TRADR1"), row("BROKER1")],
    total=row("all", 98_765),
)


def shown(what: RenderableType, width: int = 120, height: int = 35) -> list[str]:
    console = Console(
        file=io.StringIO(), width=width, height=height, color_system="truecolor", force_terminal=True, highlight=False,
        record=True,
    )  # fmt: skip
    console.print(what)
    return console.export_text(styles=False).splitlines()


def full(width: int = 120, height: int = 35, picture: Picture = PICTURE, *, held: bool = False) -> list[str]:
    return shown(demo_screen.screen(picture, width, height, PORTS, held=held), width, height)


def test_it_fills_the_terminal_exactly() -> None:
    lines = full()
    assert len(lines) == 35
    assert all(len(line) <= 120 for line in lines)
    assert all(len(line) == 120 for line in lines[1:34])


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (200, 60), (40, 10), (20, 5)])
def test_terminals_of_other_sizes_get_what_fits(width: int, height: int) -> None:
    lines = full(width, height)
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)


def test_the_head_tells_how_much_and_how_fast() -> None:
    head = " ".join(full()[0].split())
    assert head == ("TRADEENGINE 01:15 98,765 requests 190/s 4,321 trades 512/s round trip p50 850 µs p99 12.0 ms")
    assert "HELD" in full(held=True)[0]


def ladder_lines() -> list[str]:
    return [line[1:49] for line in full()[2:34]]


def test_the_best_prices_meet_at_the_spread_and_stay_there() -> None:
    lines = ladder_lines()
    spread = next(at for at, line in enumerate(lines) if "spread" in line)
    assert lines[spread].split() == ["0.04", "spread"]
    assert lines[spread - 1].split() == ["230.02", "200", "3"]
    assert lines[spread - 3].split() == ["231.00", "5", "1"]
    assert lines[spread + 1].split() == ["2", "100", "229.98"]
    deeper = msgspec.structs.replace(PICTURE, ladder=msgspec.structs.replace(LADDER, offers=LADDER.offers[:1]))
    assert "spread" in full(picture=deeper)[2:34][spread]


def test_prices_and_quantities_stand_below_one_another() -> None:
    lines = ladder_lines()
    points = {line.index(".") for line in lines if "." in line}
    assert len(points) == 1
    bids = {line.index("229.") for line in lines if "229." in line}
    offers = {line.index("230.") for line in lines if "230." in line}
    assert bids == offers


def test_an_empty_side_has_no_spread() -> None:
    empty = msgspec.structs.replace(PICTURE, ladder=msgspec.structs.replace(LADDER, bids=[], offers=[]))
    assert any("no spread" in line for line in full(picture=empty))


def test_bars_are_as_long_as_the_quantities_are_large() -> None:
    console = Console(file=io.StringIO(), width=50, color_system="truecolor", force_terminal=True)
    console.print(demo_screen.ladder_panel(PICTURE, 3))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert text.count("48;2;67;24;26") == 3, "an offer each"
    assert text.count("48;2;18;53;31") == 2, "a bid each"


def test_markets_show_the_change_and_the_key() -> None:
    lines = [line[50:86] for line in full()]
    assert ["│", "2", "AAPL", "228.85", "-0.50%", "│"] in [line.split() for line in lines]
    assert ["│", "3", "DOGE/USDT", "0.15150", "+1.00%", "│"] in [line.split() for line in lines]
    assert ["│", "1", "BTC/USDT", "65,000.00", "0.00%", "│"] in [line.split() for line in lines]


def test_the_tape_shows_whole_numbers_with_the_takers_side() -> None:
    lines = [line[86:].split() for line in full()]
    assert ["│", "22:13:20", "▼", "229.98", "30", "│"] in lines
    assert ["│", "22:13:19", "▲", "230.02", "1,250", "│"] in lines


def test_participants_and_their_sum_are_in_one_table() -> None:
    lines = [line[50:].strip("│ ").split() for line in full()]
    assert ["TRADR1", "FIX", "4.4", "maker", "120", "190", "56", "2", "850", "µs", "12.0", "ms"] in lines
    assert any("1,000 requests/s wanted" in line for line in full())


def test_the_foot_tells_keys_and_ports() -> None:
    foot = full()[-1]
    assert "q quit" in foot
    assert "fix 41001  binary 41002  admin 41003" in foot


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(123_456_789_000, 2, "1,234.56"), (5 * SCALE, 0, "5"), (-1, 8, "-0.00000001"), (SCALE // 2, 1, "0.5")],
)
def test_fixed_point_numbers(value: int, places: int, text: str) -> None:
    assert demo_screen.fixed(value, places) == text


@pytest.mark.parametrize(("step", "places"), [(SCALE, 0), (SCALE // 100, 2), (1, 8), (10 * SCALE, 0), (SCALE // 4, 2)])
def test_decimals_of_a_step(step: int, places: int) -> None:
    assert demo_screen.decimals(step) == places


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(0, ""), (850_000, "850 µs"), (999_999, "999 µs"), (3_140_000, "3.1 ms"), (150 * MS, "0.15 s")],
)
def test_durations(time_ns: int, text: str) -> None:
    assert demo_screen.duration(time_ns) == text


def test_the_chart_spans_lowest_to_highest() -> None:
    assert chart([1, 9, 17], 3, 2) == ["  █", "▁██"]
    assert chart([5, 5], 4, 1) == ["  ▄▄"]
    assert chart([], 3, 2) == ["   ", "   "]
    assert chart([1, 2, 3], 2, 1) == ["▁█"]
    assert chart([1, 2], 2, 0) == []


def test_keys_are_told_apart() -> None:
    assert keys_in(b"\x1b[C") == ["right"]
    assert keys_in(b"\x1b[D") == ["left"]
    assert keys_in(b"\x1b[15~") == []
    assert keys_in(b"8q") == ["8", "q"]
    assert keys_in(b"\xff") == []


def test_the_summary_tells_what_was_done() -> None:
    lines = shown(summary(PICTURE, {"order is filled": 2, "too late": 5}))
    assert "requests: 98765 (1,310/s)" in lines
    assert "trades: 4321 (57/s)" in lines
    assert lines.index("refused 5 times: too late") < lines.index("refused 2 times: order is filled")


# ---- what is counted ------------------------------------------------------------------------------------------------


def test_quantiles_are_right_to_three_per_cent() -> None:
    latencies = Latencies()
    assert latencies.quantile(0.5) == 0
    for value in range(1, 100_001):
        latencies.add(value * 37)
    for fraction in (0.01, 0.5, 0.9, 0.99, 1.0):
        exact = int(fraction * 100_000) * 37
        assert exact * 0.965 <= latencies.quantile(fraction) <= exact * 1.001
    other = Latencies()
    other.add(1)
    latencies.merge(other)
    assert latencies.count == 100_001
    assert latencies.quantile(0.0000001) == 1


def test_rates_are_of_the_last_two_seconds() -> None:
    rate = Rate()
    assert rate.sample(0.0, 0) == 0.0
    assert rate.sample(1.0, 100) == 100.0
    for second in range(2, 8):
        rate.sample(float(second), 100 + second * 10)
    assert rate.sample(8.0, 180) == 10.0


def test_the_tape_keeps_each_symbols_trades_and_prices() -> None:
    tape = Tape()
    assert tape.last("AAPL") is None
    for trade in reversed(PICTURE.prints):
        tape.add(trade)
    tape.sample()
    assert tape.prints("AAPL") == PICTURE.prints
    assert tape.prints("GOOG") == []
    assert tape.last("AAPL") == 22_998_000_000
    assert tape.history("AAPL") == [22_998_000_000]
