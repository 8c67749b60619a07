"""Which tags carry raw data, and the entries of repeating groups as a version's dictionary has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateways.fix.dictionary import dictionary_for

if TYPE_CHECKING:
    from collections.abc import Container

    from gateways.fix.codec import Message
    from gateways.fix.dictionary import Group

_DATA_AND_LENGTH = (
    "89/93 91/90 96/95 213/212 349/348 351/350 353/352 355/354 357/356 359/358 361/360 363/362 365/364 446/445 "
    "619/618 622/621 1185/1184 1278/1277 1281/1280 1283/1282 1398/1397 1402/1401 1404/1403 1469/1468 1527/1525 "
    "1579/1578 1621/1620 1665/1664 1697/1678 1734/1733 1872/1871 1875/1874 2073/2072 2075/2074 2112/2111 "
    "2180/2179 2288/2287 2352/2351 2371/2372 2482/2481 2493/2494 2521/2522 2638/2637 2652/2651 2666/2665 "
    "2716/2715 2719/2718 2722/2721 2798/2797 2801/2802 2808/2809 2814/2815 40005/40004 40009/40008 40979/40978 "
    "40981/40980 40983/40982 40985/40984 40987/40986 40989/40988 41084/41083 41102/41101 41108/41107 41257/41256 "
    "41321/41320 41325/41324 41459/41458 41477/41476 41483/41482 41654/41653 41711/41710 41807/41806 41812/41811 "
    "41874/41873 41970/41969 42026/42025 42172/42171 42452/42451 42486/43110 42653/42652 42684/43109 42948/42947 "
    "42982/43111 "
)
DATA_LENGTH_TAG = dict(pair.split("/") for pair in _DATA_AND_LENGTH.split())
"""A data field's tag → the tag of its length, which stands just before it; of all versions, as none gives another's
tags to anything else."""

LENGTH_TAGS = frozenset(DATA_LENGTH_TAG.values())


class Entry(dict[str, str]):
    """One entry of a repeating group: tag → value, nested groups' counts included."""

    __slots__ = ("groups",)

    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[str, list[Entry]] = {}
        """Nested groups by the tag of their count."""

    def group(self, count_tag: str) -> list[Entry]:
        """A nested group's entries; empty where the entry has no such group."""
        return self.groups.get(count_tag, [])


def group_of(message: Message, count_tag: str) -> list[Entry]:
    """The entries of a repeating group in the body of a message that the dictionary finds nothing wrong with.

    Empty where the message has no such group, or its count is 0. A field that the dictionary does not define for the
    message, where a session's setting lets it pass, is in the entry that it stands in.

    Raises:
        KeyError: the version's message has no group that ``count_tag`` counts.
    """
    fields = message.fields
    dictionary = dictionary_for(fields["8"])
    body = dictionary.body(fields["35"])
    group = body.members[count_tag] if body is not None else None
    if body is None or group is None:
        raise KeyError(count_tag)
    if count_tag not in fields:
        return []
    pairs = message.pairs
    at = next(place for place, pair in enumerate(pairs) if pair[0] == count_tag)
    return _read(pairs, at + 1, group, (body.members, dictionary.trailer.members))[0]


def _read(pairs: list[list[str]], at: int, group: Group, around: tuple[Container[str], ...]) -> tuple[list[Entry], int]:
    """A group's entries from ``at`` on, and where the first field stands that is not of them. Linear: groups nest a
    few levels deep, and each field is read once."""
    found: list[Entry] = []
    entry: Entry | None = None
    while at < len(pairs):
        tag, value = pairs[at]
        if tag == group.delimiter:
            entry = Entry()
            found.append(entry)
        elif tag not in group.members and any(tag in members for members in around):
            break
        at += 1
        if entry is None:
            continue
        entry[tag] = value
        nested = group.members.get(tag)
        if nested is not None:
            entry.groups[tag], at = _read(pairs, at, nested, (*around, group.members))
    return found, at
