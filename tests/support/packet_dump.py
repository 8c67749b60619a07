"""A SoupBinTCP packet as the documents show it: its bytes, a field a line, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator

from schema_client import SchemaCodec

from gateways.binary.schema.artifacts import MARKET_DATA, ORDER_ENTRY
from gateways.binary.schema.model import Block, Composite, Enumeration, Field, Scalar, Schema, Type
from gateways.binary.schema.reader import read

TYPES = {
    "L": "Login Request", "A": "Login Accepted", "J": "Login Rejected", "S": "Sequenced Data", "U": "Unsequenced Data",
    "O": "Logout Request", "+": "Debug", "Z": "End of Session",
}  # fmt: skip
VARYING = frozenset({"ExecID", "TransactTime", "RptSeq", "TradeID", "Nonce", "ExpireTime", "DayStart", "PhaseUntil"})
"""Fields of the venue's messages whose values differ from run to run, where they are not 0."""
_WIDTH = 16
_COLUMN = 48
_CODECS = {schema.id: SchemaCodec(schema) for schema in map(read, (ORDER_ENTRY, MARKET_DATA))}

Part = tuple[str, str]
"""A field's bytes as hexadecimal pairs, and what they mean."""


def rendered(packet: bytes, *, from_venue: bool) -> str:
    """The dump, its first line without the sign before it; with ``..`` for what varies in a packet of the venue."""
    kind = chr(packet[2])
    parts: list[Part] = [(packet[:3].hex(" "), f"length {len(packet) - 2}, '{kind}' {TYPES[kind]}")]
    payload = packet[3:]
    if kind in "SU":
        parts += _message(payload, VARYING if from_venue else frozenset())
    elif kind in "LA":
        parts += _login(payload, kind == "A")
    elif payload:
        parts.append((payload.hex(" "), f"'{payload.decode()}'"))
    return "\n".join(_laid_out(parts)).strip()


def _laid_out(parts: list[Part]) -> Iterator[str]:
    for pairs, meaning in parts:
        each = pairs.split()
        for at in range(0, len(each), _WIDTH):
            text = " ".join(each[at : at + _WIDTH])
            yield f"  {text:{_COLUMN}}  {meaning if not at else ''}".rstrip()


def _login(payload: bytes, accepted: bool) -> list[Part]:
    session, sequence = payload[-30:-20], payload[-20:]
    number = sequence.decode().strip()
    if accepted:
        digits = " ".join(["20"] * (20 - len(number)) + [f"{ord(digit):02x}" for digit in number])
        return [
            (" ".join([".."] * 10), "session"),
            (digits, f"the next Sequenced Data packet is number {number}"),
        ]
    named = session.decode().strip()
    told = f'session "{named}", padded on the left' if named else "session: blank, whichever is current"
    return [
        (payload[:6].hex(" "), f'username "{payload[:6].decode().strip()}"'),
        (payload[6:16].hex(" "), f'password "{payload[6:16].decode().strip()}", padded on the right'),
        (session.hex(" "), told),
        (sequence.hex(" "), f"sequence {number}, padded on the left"),
    ]


def _message(payload: bytes, varying: frozenset[str]) -> list[Part]:
    length, template, schema_id, version = (int.from_bytes(payload[at : at + 2], "little") for at in (0, 2, 4, 6))
    codec = _CODECS[schema_id]
    schema: Schema = codec.schema
    known = schema.by_template.get(template)
    name = known.name if known else "(none)"
    told = f"block {length}, template {template} {name}, schema {schema_id}, version {version}"
    parts: list[Part] = [(payload[:8].hex(" "), told)]
    if known is None:
        return parts
    parts += _block(known, payload[8 : 8 + length], version, varying)
    at = 8 + length
    for group in known.groups:
        size, count = (int.from_bytes(payload[at + n : at + n + 2], "little") for n in (0, 2))
        parts.append((payload[at : at + 4].hex(" "), f"{group.name}: entries of {size} bytes, {count} of them"))
        at += 4
        for _ in range(count):
            parts += _block(group, payload[at : at + size], version, varying)
            at += size
    return parts + (_message(payload[at:], varying) if at < len(payload) else [])


def _block(block: Block, data: bytes, version: int, varying: frozenset[str]) -> list[Part]:
    fields = [field for field in block.fields if field.since <= version and field.end <= len(data)]
    parts: list[Part] = []
    run: list[Field] = []
    for field in fields:
        raw = data[field.offset : field.end]
        if not any(raw):
            run.append(field)
            continue
        parts += _nothing(run)
        run = []
        parts.append(_varying(field, raw) if field.name in varying else (raw.hex(" "), _told(field, raw)))
    return parts + _nothing(run)


def _nothing(fields: list[Field]) -> list[Part]:
    """Fields that are all 0: of more than two only the first and the last are named."""
    if len(fields) <= 2:
        return [(bytes(field.type.size).hex(" "), f"{field.name} 0") for field in fields]
    size = sum(field.type.size for field in fields)
    return [(bytes(size).hex(" "), f"{fields[0].name} to {fields[-1].name} 0")]


def _varying(field: Field, raw: bytes) -> Part:
    if field.name == "ExecID":
        return " ".join([".."] * 8 + [f"{byte:02x}" for byte in raw[8:]]), "ExecID: sequence, position"
    return " ".join([".."] * len(raw)), field.name


def _told(field: Field, raw: bytes) -> str:
    return f"{field.name} {_meaning(field.type, raw)}"


def _meaning(kind: Type, raw: bytes) -> str:
    match kind:
        case Composite() if kind.is_decimal:
            number = int.from_bytes(raw, "little", signed=kind.parts[-1].is_signed)
            if kind.parts[0].null == number:
                return "none"
            sign, number = ("-" if number < 0 else ""), abs(number)
            return f"{sign}{number // 10**8}.{number % 10**8:08}".rstrip("0").rstrip(".")
        case Enumeration() if kind.is_char:
            return f"'{raw.decode()}'"
        case Scalar() if kind.is_text:
            return f"'{raw.rstrip(bytes(1)).decode()}'"
    return str(int.from_bytes(raw, "little"))
