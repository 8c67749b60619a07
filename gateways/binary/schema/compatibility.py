"""What a newer version of a schema must not have changed, so that a client of the older one works on (SBE 1.0, §5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateways.binary.schema.model import Block, Composite, Enumeration, Field, Message, Scalar, Schema, Type


def violations(old: Schema, new: Schema) -> list[str]:
    """Everything in ``new`` that breaks a client of ``old``, in words; nothing if it works on.

    Template ids, places and encodings of fields, and the meaning of values stay. Messages may be added, groups behind
    groups, fields at the end of a block or an entry, values to enumerations: each with a sinceVersion beyond ``old``'s.
    """
    return list(_violations(old, new))


def _violations(old: Schema, new: Schema) -> Iterator[str]:
    if new.id != old.id:
        yield f"schema: id {new.id} was {old.id}"
    if new.version < old.version:
        yield f"schema: version {new.version} is before {old.version}"
    yield from _messages(old, new)
    yield from _enumerations(old, new)


def _messages(old: Schema, new: Schema) -> Iterator[str]:
    now = {message.name: message for message in new.messages}
    for message in old.messages:
        kept = now.pop(message.name, None)
        if kept is None:
            yield f"{message.name}: gone"
            continue
        if kept.template_id != message.template_id:
            yield f"{message.name}: template {kept.template_id} was {message.template_id}"
        yield from _block(message.name, message, kept, old.version)
        yield from _groups(message, kept, old.version)
    for message in now.values():
        yield from _added(message.name, message.since, old.version)


def _groups(old: Message, new: Message, version: int) -> Iterator[str]:
    names = [group.name for group in new.groups]
    if names[: len(old.groups)] != [group.name for group in old.groups]:
        yield f"{old.name}: its groups are {', '.join(names) or 'gone'}"
        return
    for was, now in zip(old.groups, new.groups, strict=False):
        if now.tag != was.tag:
            yield f"{old.name}.{was.name}: tag {now.tag} was {was.tag}"
        yield from _block(f"{old.name}.{was.name}", was, now, version)
    for group in new.groups[len(old.groups) :]:
        yield from _added(f"{old.name}.{group.name}", group.since, version)


def _block(where: str, old: Block, new: Block, version: int) -> Iterator[str]:
    if new.since != old.since:
        yield f"{where}: since version {new.since}, was {old.since}"
    for at, was in enumerate(old.fields):
        if at == len(new.fields) or new.fields[at].name != was.name:
            yield f"{where}.{was.name}: is not field {at + 1} any more"
            return
        yield from _field(f"{where}.{was.name}", was, new.fields[at])
    for field in new.fields[len(old.fields) :]:
        yield from _added(f"{where}.{field.name}", field.since, version)


def _field(where: str, old: Field, new: Field) -> Iterator[str]:
    compared: Sequence[tuple[str, object, object]] = (
        ("tag", old.tag, new.tag),
        ("offset", old.offset, new.offset),
        ("sinceVersion", old.since, new.since),
        ("type", _encoding(old.type), _encoding(new.type)),
    )
    for what, was, now in compared:
        if was != now:
            yield f"{where}: {what} {now} was {was}"


def _enumerations(old: Schema, new: Schema) -> Iterator[str]:
    now = {each.name: each for each in new.enumerations}
    for enumeration in old.enumerations:
        kept = now.get(enumeration.name)
        if kept is None:
            yield f"{enumeration.name}: gone"
            continue
        values = {value.name: value for value in kept.values}
        for value in enumeration.values:
            found = values.pop(value.name, None)
            if found is None:
                yield f"{enumeration.name}.{value.name}: gone"
            elif (found.text, found.since) != (value.text, value.since):
                yield f"{enumeration.name}.{value.name}: is {found.text} since version {found.since}"
        for value in values.values():
            yield from _added(f"{enumeration.name}.{value.name}", value.since, old.version)


def _added(where: str, since: int, version: int) -> Iterator[str]:
    if since <= version:
        yield f"{where}: new since version {version}, but its sinceVersion is {since}"


def _encoding(kind: Type) -> object:
    """What of a type counts on the wire, and in reading what stands there."""
    match kind:
        case Scalar():
            return kind.primitive, kind.length, kind.null
        case Enumeration():
            return kind.name, _encoding(kind.encoding), kind.bits
        case Composite():
            return tuple((part.name, _encoding(part)) for part in kind.parts), kind.exponent
