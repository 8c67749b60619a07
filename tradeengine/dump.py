"""Journal records as people and scripts read them: ids by name, numbers as decimals, secrets left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

import msgspec

from config.kinds import MASK
from engine.commands import ANY
from engine.decimals import format_decimal
from engine.directory import Directory
from engine.events import Event, LimitStateChanged, Record
from engine.image import OrderImage, Working
from engine.instrument import Protection
from engine.terms import Link, Peg, SpecialTerms, Trigger
from engine.types import Side

_DECIMALS: Final = frozenset(
    (
        *("px", "qty", "order_qty", "leaves_qty", "cum_qty", "cum_notional", "hold", "amount"),
        *("aggressor_fee", "resting_fee", "maker_fee", "taker_fee", "max_order_qty", "max_order_notional"),
        *("tick_size", "lot_size", "min_qty", "max_qty", "min_notional", "protection_band", "reference_px"),
        *("stop_px", "trail_amount", "trail_rate", "offset", "display_qty", "display_range", "shown", "surplus"),
        *("old_px", "old_qty", "old_aggressor_fee", "old_resting_fee"),
        *("collar_rate", "price_limit_rate", "dynamic_band_rate", "volatility_rate"),
    )
)
_TIMES: Final = frozenset({"until_ns", "expire_ns", "window_ns"})
_HIDDEN: Final = frozenset({"credential", "hmac_keys"})
_LEFT_OUT: Final = frozenset({"terms", "special", "working", "fee_raw", "maker_fee", "taker_fee"})
"""Of an order: what is told in another form, what only settlement needs, or what its instrument says already."""
_SPARSE: Final = (SpecialTerms, Trigger, Peg, Link, Working, Protection)
"""Of which only what is not as usual is told."""
_NS: Final = 1_000_000_000


class Describer:
    """Describes records in order; names are those that the journal had told by then."""

    def __init__(self) -> None:
        self._directory = Directory()

    def follow(self, record: Record) -> None:
        """Learn names from a record that is not described."""
        for event in record.events:
            self._directory.apply(event)

    def describe(self, seq: int, record: Record) -> dict[str, Any]:
        """The record as plain values, for JSON."""
        self.follow(record)
        described: dict[str, Any] = {"sequence": seq, "time": utc_text(record.time_ns)}
        if record.session_id:
            described["session"] = self._session(record.session_id)
        if record.in_seq:
            described["inbound"] = [record.in_from, record.in_seq]
        if any(record.out):
            described["outbound"] = record.out
        if record.copies:
            described["copies"] = list(self._copies(record))
        described["events"] = [{"event": type(event).__name__, **self._struct(event)} for event in record.events]
        return described

    def lines(self, seq: int, record: Record) -> Iterator[str]:
        """The record as text, one line for each event."""
        self.follow(record)
        stamp = utc_text(record.time_ns)
        origin = f" from {self._session(record.session_id)}" if record.session_id else ""
        numbers = f" in {record.in_from}..{record.in_seq}" if record.in_seq else ""
        out = f" out {','.join(map(str, record.out))}" if any(record.out) else ""
        copies = "".join(f" copy {it['session']} {it['report']} {it['outbound']}" for it in self._copies(record))
        yield f"{seq:>10}  {stamp}{origin}{numbers}{out}{copies}"
        for event in record.events:
            yield f"{'':>12}{type(event).__name__:<22} {self._text(event)}".rstrip()

    def _copies(self, record: Record) -> Iterator[dict[str, Any]]:
        """Which drop copy is told of which of the record's reports (from 0), and under which number."""
        copies = record.copies
        for at in range(0, len(copies), 3):
            reader, position, number = copies[at : at + 3]
            yield {"session": self._session(reader), "report": position, "outbound": number}

    # ---- text -----------------------------------------------------------------------------------------------------

    def _text(self, event: Event) -> str:
        parts: list[str] = []
        for name in event.__struct_fields__:
            value = getattr(event, name)
            if isinstance(value, OrderImage):
                parts.append(self._order(value) if name == "order" else f"{name} [{self._order(value)}]")
            elif isinstance(value, msgspec.Struct):
                parts += [_pair(key, item) for key, item in self._struct(value).items() if item != ""]
            elif value not in ("", None) and not (name in ("request_id", "reissue_from", "window_ns") and value == 0):
                key, shown = self._field(name, value)
                parts.append(f"{key}={','.join(map(str, shown)) if isinstance(shown, list) else shown}")
        return " ".join(parts)

    def _order(self, order: OrderImage) -> str:
        """``BUY 2 AAPL @ 230 LIMIT DAY`` and where the order stands."""
        session = self._session(order.session_id)
        symbol = self._symbol(order.symbol_id)
        price = format_decimal(order.px)
        text = (
            f"{order.side.name} {format_decimal(order.order_qty)} {symbol} @ {price} {order.ord_type.name} "
            f"{order.tif.name} {order.status.name} leaves={format_decimal(order.leaves_qty)} "
            f"cum={format_decimal(order.cum_qty)} hold={format_decimal(order.hold)} order_id={order.order_id} "
            f"cl_ord_id={order.cl_ord_id} account={self._account(order.account_id)}"
        )
        text += "".join(f" {_pair(name, value)}" for name, value in self._extras(order))
        return f"{text} session={session}" if session else text

    # ---- plain values ---------------------------------------------------------------------------------------------

    def _struct(self, value: msgspec.Struct) -> dict[str, Any]:
        if isinstance(value, OrderImage):
            return self._image(value)
        fields = ((field.name, getattr(value, field.name), field.default) for field in msgspec.structs.fields(value))
        is_sparse = isinstance(value, _SPARSE)
        described = dict(self._field(name, it) for name, it, usual in fields if not (is_sparse and it == usual))
        if isinstance(value, LimitStateChanged) and not value.side:
            described["side"] = "NONE"
        return described

    def _image(self, order: OrderImage) -> dict[str, Any]:
        """An order's terms and progress side by side, and what makes it special."""
        described: dict[str, Any] = {}
        for part in (order.terms, order):
            names = (name for name in part.__struct_fields__ if name not in _LEFT_OUT)
            described.update(self._field(name, getattr(part, name)) for name in names)
        described.update(self._extras(order))
        return described

    def _extras(self, order: OrderImage) -> Iterator[tuple[str, dict[str, Any]]]:
        if order.terms.special is not None:
            yield "special", self._struct(order.terms.special)
        if order.working is not None:
            yield "working", self._struct(order.working)

    def _field(self, name: str, value: Any) -> tuple[str, Any]:
        """A field under the name that its described value deserves."""
        if name in _HIDDEN:
            return name, MASK if value else ""
        if isinstance(value, msgspec.Struct):
            return name, self._struct(value)
        if isinstance(value, IntEnum):
            return name, value.name
        if name in _DECIMALS:
            return name, format_decimal(value)
        if name in _TIMES:
            return name.removesuffix("_ns"), utc_text(value) if value else ""
        if name == "side":
            return name, "ANY" if value == ANY else Side(value).name
        for id_name, resolve in (
            ("symbol_id", self._symbol), ("account_id", self._account), ("session_id", self._session),
        ):  # fmt: skip
            if name.endswith(id_name):
                return name.removesuffix("_id"), resolve(value)
            if name.endswith(id_name + "s"):
                return name.removesuffix("_ids") + "s", [resolve(item) for item in value]
        if isinstance(value, list):
            return name, [self._struct(item) if isinstance(item, msgspec.Struct) else item for item in value]
        return name, value

    def _symbol(self, symbol_id: int) -> str:
        instrument = self._directory.instruments.get(symbol_id)
        return instrument.symbol if instrument is not None else "ANY" if symbol_id == ANY else f"#{symbol_id}"

    def _account(self, account_id: int) -> str:
        account = self._directory.accounts.get(account_id)
        return account.name if account is not None else f"#{account_id}" if account_id else ""

    def _session(self, session_id: int) -> str:
        session = self._directory.session_ever(session_id)
        if session is None:
            return f"#{session_id}" if session_id else ""
        return f"{session.protocol}:{session.comp_id}"


def _pair(name: str, described: Any) -> str:
    """``px=95`` or, of parts, ``special=(trigger=(kind=STOP px=95) reduce_only=True)``."""
    if isinstance(described, dict):
        described = f"({' '.join(_pair(key, item) for key, item in described.items())})"
    return f"{name}={described}"


def utc_text(time_ns: int) -> str:
    """ISO 8601, UTC, to the nanosecond."""
    seconds, rest = divmod(time_ns, _NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
