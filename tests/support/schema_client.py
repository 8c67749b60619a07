"""A client that knows a schema file and nothing else: for the venue seen through the eyes of its older clients."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from gateways.binary.schema.model import Block, Composite, Enumeration, Scalar, Schema, Type

_FORMATS = {"int8": "b", "uint8": "B", "int16": "h", "uint16": "H"}
_FORMATS |= {"int32": "i", "uint32": "I", "int64": "q", "uint64": "Q"}
_HEADER = struct.Struct("<HHHH")
_GROUP = struct.Struct("<HH")
WAIT_S = 60.0


class SchemaCodec:
    """Messages as mappings, by SBE's rules: unknown templates are None, longer blocks cut, later fields absent."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._by_name = {message.name: message for message in schema.messages}

    def encode(self, name: str, **values: Any) -> bytes:
        """A payload in the schema's own version; what is not named is null, or 0."""
        message = self._by_name[name]
        header = _HEADER.pack(message.block_length, message.template_id, self.schema.id, self.schema.version)
        payload = header + _encoded(message, values)
        for group in message.groups:
            entries = values.get(group.name, [])
            payload += _GROUP.pack(group.block_length, len(entries))
            payload += b"".join(_encoded(group, entry) for entry in entries)
        return payload

    def decode(self, payload: bytes) -> tuple[str, dict[str, Any]] | None:
        length, template_id, schema_id, version = _HEADER.unpack_from(payload)
        assert schema_id == self.schema.id
        message = self.schema.by_template.get(template_id)
        if message is None:
            return None
        at = _HEADER.size
        values = _decoded(message, payload[at : at + length], version)
        at += length
        for group in (each for each in message.groups if each.since <= version):
            length, count = _GROUP.unpack_from(payload, at)
            at += _GROUP.size
            entries = [payload[at + length * nth :][:length] for nth in range(count)]
            values[group.name] = [_decoded(group, entry, version) for entry in entries]
            at += length * count
        return message.name, values


def _encoded(block: Block, values: Mapping[str, Any]) -> bytes:
    return b"".join(_packed(field.type, values.get(field.name)) for field in block.fields)


def _packed(kind: Type, value: Any) -> bytes:
    match kind:
        case Composite():
            parts = value if isinstance(value, tuple) else (value,) * len(kind.parts)
            return b"".join(map(_packed, kind.parts, parts))
        case Enumeration() if isinstance(value, str):
            code = next(kind.number(each) for each in kind.values if each.name == value)
            return code.to_bytes(kind.size, "little")
        case Enumeration():
            return _packed(kind.encoding, value)
    if kind.length > 1:
        return bytes(value or b"").ljust(kind.length, b"\0")
    number = (kind.null or 0) if value is None else value
    return bytes((number,)) if kind.primitive == "char" else struct.pack("<" + _FORMATS[kind.primitive], number)


def _decoded(block: Block, data: bytes, version: int) -> dict[str, Any]:
    there = [field for field in block.fields if field.since <= version and field.end <= len(data)]
    return {field.name: _unpacked(field.type, data[field.offset : field.end]) for field in there}


def _unpacked(kind: Type, data: bytes) -> Any:
    match kind:
        case Composite():
            low = 0
            parts = []
            for part in kind.parts:
                parts.append(_unpacked(part, data[low : low + part.size]))
                low += part.size
            return parts[0] if len(parts) == 1 else tuple(parts)
        case Enumeration():
            number = int.from_bytes(data, "little")
            if kind.bits:
                return {each.name for each in kind.values if kind.number(each) & number}
            names = {kind.number(each): each.name for each in kind.values}
            return names.get(number, number)
        case Scalar() if kind.length > 1 or kind.primitive == "char":
            return data.rstrip(b"\0") if kind.is_bytes else data.rstrip(b"\0").decode("ascii")
    (number,) = struct.unpack("<" + _FORMATS[kind.primitive], data)
    return None if number == kind.null else number


class SchemaClient:
    """One SoupBinTCP session over a blocking socket. ``unknown`` counts reports that the schema does not have."""

    def __init__(self, port: int, schema: Schema) -> None:
        self.codec = SchemaCodec(schema)
        self.unknown = 0
        self.sequence = 0
        """Number of the next Sequenced Data packet."""
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self._data = b""

    def __enter__(self) -> SchemaClient:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()

    def log_in(self, user: str, *, password: str = "demo", session: str = "", sequence: int = 0) -> None:
        request = f"{user:6}{password:10}{session:>10}{sequence:>20}"
        self._socket.sendall(struct.pack(">H", 1 + len(request)) + b"L" + request.encode())
        kind, payload = self.packet()
        assert kind == b"A", (kind, payload)
        self.sequence = int(payload[10:])

    def send(self, name: str, **values: Any) -> None:
        payload = self.codec.encode(name, **values)
        self._socket.sendall(struct.pack(">H", 1 + len(payload)) + b"U" + payload)

    def log_out(self) -> None:
        """Returns when the venue has closed the connection."""
        self._socket.sendall(b"\0\1O")
        while self._socket.recv(65_536):
            pass

    def packet(self) -> tuple[bytes, bytes]:
        """The next packet's type and payload, heartbeats left out."""
        while True:
            size = 2 + int.from_bytes(self._data[:2], "big")
            while len(self._data) < max(size, 3):
                more = self._socket.recv(65_536)
                assert more, "the venue closed the connection"
                self._data += more
                size = 2 + int.from_bytes(self._data[:2], "big")
            packet, self._data = self._data[:size], self._data[size:]
            if packet[2:3] != b"H":
                return packet[2:3], packet[3:]

    def receive(self) -> tuple[str, dict[str, Any]]:
        """The next message that the schema has."""
        while True:
            kind, payload = self.packet()
            assert kind in (b"S", b"U"), (kind, payload)
            self.sequence += kind == b"S"
            if found := self.codec.decode(payload):
                return found
            self.unknown += 1

    def expect(self, name: str, **values: Any) -> dict[str, Any]:
        """The next message, which must be this one with these values among its own."""
        got, fields = self.receive()
        assert (got, {key: fields.get(key) for key in values}) == (name, values), (got, fields)
        return fields
