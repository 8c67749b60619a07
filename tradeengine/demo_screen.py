"""The demonstration's screen: a picture of the floor as rich renderables. Pure: the same picture looks the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from rich import box
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from engine.types import SCALE, Px, Qty, Side
from tradeengine.demo_chart import chart
from tradeengine.demo_stats import HISTORY_STEP_S, Ladder, LadderLevel, Picture, Print, Quote, Row

_LADDER_WIDTH = 50
_MARKETS_WIDTH = 36
_MARKETS_SHOWN_FROM = 110
"""Columns of the terminal below which the list of markets gives way to the tape."""
_PARTICIPANTS_HEIGHT = 12
_CHROME_ROWS = 6
"""The screen's rows that are no price levels: header, footer, frame, the ladder's heading and the spread."""
_QTY_WIDTH = 12
_NS_PER_S = 1_000_000_000

_BID, _OFFER = "#3fb950", "#f85149"
_BID_BAR, _OFFER_BAR = "on #12351f", "on #43181a"
_FRAME = "#30363d"
_QUIET = "#8b949e"
_TITLE = "bold #79c0ff"
_SIDE = {Side.BUY: (_BID, "▲"), Side.SELL: (_OFFER, "▼")}
_KEYS = (("←/→ 1-0", "symbol"), ("+/-", "pace"), ("space", "hold"), ("q", "quit"))


def levels_that_fit(height: int) -> int:
    """Price levels of each side on a screen of ``height`` rows."""
    return max((height - _CHROME_ROWS) // 2, 1)


def screen(picture: Picture, width: int, height: int, ports: Mapping[str, int], *, held: bool = False) -> Layout:
    """The whole screen for a terminal of that size, in characters. ``held``: the picture stands still."""
    root = Layout()
    root.split_column(
        Layout(header(picture, held=held), size=1), Layout(name="body"), Layout(footer(ports), name="footer", size=1)
    )
    right = Layout(name="right")
    root["body"].split_row(Layout(ladder_panel(picture, levels_that_fit(height)), size=_LADDER_WIDTH), right)
    upper_height = height - 2 - _PARTICIPANTS_HEIGHT
    tape = Layout(tape_panel(picture, max(upper_height - 2, 1)))
    upper: Layout = Layout()
    if width >= _MARKETS_SHOWN_FROM:
        markets = Layout()
        markets.split_column(
            Layout(markets_panel(picture), size=len(picture.quotes) + 3),
            Layout(chart_panel(picture, max(upper_height - len(picture.quotes) - 5, 0))),
        )
        upper.split_row(Layout(markets, size=_MARKETS_WIDTH), tape)
    else:
        upper = tape
    right.split_column(upper, Layout(participants_panel(picture), size=_PARTICIPANTS_HEIGHT))
    return root


# ---- numbers ------------------------------------------------------------------------------------------------------


def decimals(step: int) -> int:
    """The decimals that multiples of ``step`` (× 10^-8) need."""
    return len(f"{step % SCALE:08d}".rstrip("0")) if step % SCALE else 0


def fixed(value: int, places: int) -> str:
    """A number × 10^-8 with thousands' commas and ``places`` decimals, cut off beyond."""
    whole, fraction = divmod(abs(value), SCALE)
    text = f"{whole:,}" if not places else f"{whole:,}.{fraction:08d}"[: len(f"{whole:,}") + 1 + places]
    return f"-{text}" if value < 0 else text


def duration(time_ns: int) -> str:
    """``850 µs``, ``3.1 ms``, ``1.2 s``; empty for none."""
    if not time_ns:
        return ""
    if time_ns < 1_000_000:
        return f"{time_ns // 1000} µs"
    if time_ns < 100_000_000:
        return f"{time_ns / 1_000_000:.1f} ms"
    return f"{time_ns / _NS_PER_S:.2f} s"


def change(quote: Quote) -> Text:
    """How far the last price is from the first, in per cent."""
    points = (quote.last - quote.start) * 10_000 // quote.start
    style = _BID if points > 0 else _OFFER if points < 0 else _QUIET
    sign = "+" if points > 0 else "-" if points < 0 else " "
    return Text(f"{sign}{abs(points) // 100}.{abs(points) % 100:02d}%", style)


def _hms(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


# ---- parts --------------------------------------------------------------------------------------------------------


def header(picture: Picture, *, held: bool) -> Text:
    """One line: how long, how much, how fast."""
    total = picture.total
    text = Text(no_wrap=True)
    text.append(" TRADEENGINE ", "bold #0d1117 on #79c0ff").append(f"  {_hms(picture.elapsed_s)}  ", "bold")
    for value, unit, rate in (
        (total.sent, "requests", total.sent_per_s),
        (picture.trades, "trades", picture.trades_per_s),
    ):
        text.append(f"{value:>9,} ", "bold").append(f"{unit} ", _QUIET).append(f"{rate:>6,.0f}/s   ")
    text.append("round trip p50 ", _QUIET).append(f"{duration(total.p50_ns):<8}", "bold")
    text.append("p99 ", _QUIET).append(f"{duration(total.p99_ns):<8}", "bold")
    return text.append(" HELD", "bold #f0883e") if held else text


def footer(ports: Mapping[str, int]) -> Text:
    """Keys, and where others can connect."""
    text = Text(" ", no_wrap=True)
    for keys, meaning in _KEYS:
        text.append(keys, "bold").append(f" {meaning}   ", _QUIET)
    for name in ("fix", "binary", "admin"):
        if name in ports:
            text.append(f"  {name} ", _QUIET).append(str(ports[name]))
    return text


def _panel(content: RenderableType, title: str | Text) -> Panel:
    heading = Text(title, _TITLE) if isinstance(title, str) else title
    return Panel(content, title=heading, title_align="left", border_style=_FRAME, box=box.ROUNDED, padding=(0, 1))


def _table(*columns: tuple[str, int]) -> Table:
    """Columns by heading and width; a negative width aligns to the left."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style=_QUIET)
    for heading, width in columns:
        justify: str = "left" if width < 0 else "right"
        table.add_column(heading, width=abs(width), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    return table


def ladder_panel(picture: Picture, levels: int) -> Panel:
    """The chosen symbol's book: offers above, bids below, the bars as long as the quantities are large."""
    ladder = picture.ladder
    quote = next(quote for quote in picture.quotes if quote.symbol == ladder.symbol)
    places = decimals(ladder.tick)
    largest = max((level.qty for level in (*ladder.bids[:levels], *ladder.offers[:levels])), default=1)
    table = Table(box=None, pad_edge=False, padding=0, header_style=_QUIET)
    for heading, width in (("", 3), ("bid ", _QTY_WIDTH), ("price ", 15), ("offer ", _QTY_WIDTH), ("", 4)):
        table.add_column(heading, width=width, justify="right", no_wrap=True)
    for row in range(levels - 1, -1, -1):
        table.add_row(*_offer_row(ladder, row, places, largest))
    table.add_row("", "", *_spread(ladder, places))
    for row in range(levels):
        table.add_row(*_bid_row(ladder, row, places, largest))
    title = Text().append(f"{ladder.symbol} ", _TITLE).append(f"{fixed(quote.last, places)} ", "bold")
    return _panel(table, title.append_text(change(quote)))


def _spread(ladder: Ladder, places: int) -> tuple[Text, Text]:
    if not ladder.bids or not ladder.offers:
        return Text("no spread ", _QUIET), Text()
    width = fixed(ladder.offers[0].px - ladder.bids[0].px, places)
    return Text(f"{width} ", f"italic {_QUIET}"), Text("  spread".ljust(_QTY_WIDTH), f"italic {_QUIET}")


def _offer_row(ladder: Ladder, row: int, places: int, largest: Qty) -> tuple[str, str, Text, Text, Text]:
    level = ladder.offers[row] if row < len(ladder.offers) else None
    if level is None:
        return "", "", Text(), Text(), Text()
    qty, filled = _bar(level, decimals(ladder.step), largest)
    bar = Text(qty)
    bar.stylize(_OFFER_BAR, 0, filled)
    return "", "", _price(level.px, places, _OFFER), bar, Text(f"{level.orders:>4}", _QUIET)


def _bid_row(ladder: Ladder, row: int, places: int, largest: Qty) -> tuple[Text, Text, Text, str, str]:
    level = ladder.bids[row] if row < len(ladder.bids) else None
    if level is None:
        return Text(), Text(), Text(), "", ""
    qty, filled = _bar(level, decimals(ladder.step), largest)
    bar = Text(qty)
    bar.stylize(_BID_BAR, _QTY_WIDTH - filled, _QTY_WIDTH)
    return Text(f"{level.orders:>3}", _QUIET), bar, _price(level.px, places, _BID), "", ""


def _bar(level: LadderLevel, places: int, largest: Qty) -> tuple[str, int]:
    """The quantity's text, as wide as its column, and how much of it the bar covers."""
    return f"{fixed(level.qty, places)} ".rjust(_QTY_WIDTH), max(level.qty * _QTY_WIDTH // largest, 1)


def _price(px: Px, places: int, style: str) -> Text:
    return Text(f"{fixed(px, places)} ", f"bold {style}")


def markets_panel(picture: Picture) -> Panel:
    """Every symbol's last price, with the key that chooses it."""
    table = _table(("", -1), ("symbol", -9), ("last", 10), ("change", 7))
    for place, quote in enumerate(picture.quotes, 1):
        chosen = quote.symbol == picture.ladder.symbol
        table.add_row(
            Text(str(place % 10) if place <= 10 else "", _QUIET),
            Text(quote.symbol, "bold #79c0ff" if chosen else ""),
            fixed(quote.last, decimals(quote.tick)),
            change(quote),
        )
    return _panel(table, "markets")


def chart_panel(picture: Picture, rows: int) -> Panel:
    """The chosen symbol's price over the last seconds."""
    width = _MARKETS_WIDTH - 4
    history = picture.history[-width:]
    style = _BID if history and history[-1] >= history[0] else _OFFER
    lines = (Text(line, style, no_wrap=True) for line in chart(history, width, rows))
    return _panel(Group(*lines), f"{picture.ladder.symbol}, last {width * HISTORY_STEP_S:.0f} s")


def tape_panel(picture: Picture, rows: int) -> Panel:
    """The chosen symbol's trades, the newest first."""
    ladder = picture.ladder
    return _panel(Group(*(_print(trade, ladder) for trade in picture.prints[:rows])), "trades")


def _print(trade: Print, ladder: Ladder) -> Text:
    style, arrow = _SIDE[trade.side]
    clock = datetime.fromtimestamp(trade.time_ns // _NS_PER_S, UTC)
    text = Text(no_wrap=True).append(f"{clock:%H:%M:%S} ", _QUIET)
    text.append(f"{arrow} {fixed(trade.px, decimals(ladder.tick)):>10}", style)
    return text.append(f" {fixed(trade.qty, decimals(ladder.step)):>8}")


def participants_panel(picture: Picture) -> Panel:
    """What each participant does, and how long the venue takes to answer it."""
    table = participants_table(picture.rows)
    table.add_row(*_cells(picture.total), style="bold")
    return _panel(table, f"participants, {picture.rate_wanted:,} requests/s wanted")


def participants_table(rows: list[Row]) -> Table:
    table = _table(
        *(("", -7), ("via", -7), ("", -7), ("open", 5), ("req/s", 6), ("fills/s", 7), ("rej", 4)),
        *(("p50", 7), ("p99", 7)),
    )
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str | Text, ...]:
    return (
        row.name,
        Text(row.protocol, _QUIET),
        Text(row.role, _QUIET),
        f"{row.open_orders:,}",
        f"{row.sent_per_s:,.0f}",
        f"{row.fills_per_s:,.0f}",
        Text(f"{row.refused:,}", "yellow" if row.refused else _QUIET),
        duration(row.p50_ns),
        duration(row.p99_ns),
    )
