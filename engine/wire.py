"""Records as bytes: msgpack, positional, each event tagged with its number.

Amounts may exceed 64 bits, which msgpack integers can't: such a record, and only such a one, is written with its wide
integers as extension 1 (big-endian two's complement) and read back through a slower path. Nothing else pays for it,
nor for records of earlier versions, which take the same path.
"""

from __future__ import annotations

from typing import Any

import msgspec

from engine.events import Record
from engine.legacy import upgraded

_WIDE = 1
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode_record(record: Record) -> bytes:
    try:
        return _encoder.encode(record)
    except OverflowError:
        return _encoder.encode(_narrowed(record))


def decode_record(data: bytes | memoryview) -> Record:
    """The record that :func:`encode_record` made.

    Raises:
        msgspec.DecodeError: not a record of a version that this code knows.
    """
    try:
        try:
            return _decoder.decode(data)
        except msgspec.ValidationError:
            plain = msgspec.msgpack.decode(data, ext_hook=_read_wide)
            return msgspec.convert(upgraded(plain), Record)
    except (UnicodeDecodeError, TypeError, RecursionError) as error:  # what arbitrary bytes can bring about in msgspec
        raise msgspec.DecodeError(f"not a record: {error}") from error


def _narrowed(value: Any) -> Any:
    """``value`` as plain lists and maps in which no integer is wider than msgpack's."""
    if isinstance(value, msgspec.Struct):
        fields = {name: _narrowed(getattr(value, name)) for name in value.__struct_fields__}
        config = value.__struct_config__
        if not config.array_like:
            return fields
        return list(fields.values()) if config.tag is None else [config.tag, *fields.values()]
    if isinstance(value, list | tuple):
        return [_narrowed(item) for item in value]
    if isinstance(value, int) and not _INT64_MIN <= value <= _UINT64_MAX:
        return msgspec.msgpack.Ext(_WIDE, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    return value


def _read_wide(code: int, data: memoryview) -> int:
    if code != _WIDE:
        raise msgspec.ValidationError(f"unknown msgpack extension {code} in a record")
    return int.from_bytes(data, "big", signed=True)
