"""FIX data types as syntax: what a value of each must look like (FIX 4.4 vol. 1, Data Types; FIX 5.0 SP2 vol. 1).

A type that is not named here takes any text: String, Currency, Exchange, Country, data and the like, as codes of
currencies and markets are for their users to agree on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateways.fix.specification import Field

    Check = Callable[[str], object]
    """Value → truth, or something true."""

_FLOAT = r"-?(?:\d+(?:\.\d*)?|\.\d+)"
_INT = r"-?\d{1,18}"
_COUNT = r"\d{1,18}"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_DATE = rf"\d{{4}}{_MONTH}{_DAY}"
_MINUTES = r"(?:[01]\d|2[0-3]):[0-5]\d"
_TIME = rf"{_MINUTES}:(?:[0-5]\d|60)"
_FRACTION = r"(?:\.\d{1,12})?"
_ZONE = r"(?:Z|[+-](?:0\d|1[0-4])(?::[0-5]\d)?)"
_SYNTAX: Final = {
    "INT": _INT,
    "LENGTH": _COUNT,
    "NUMINGROUP": _COUNT,
    "SEQNUM": _COUNT,
    "TAGNUM": _COUNT,
    "DAYOFMONTH": r"0?[1-9]|[12]\d|3[01]",
    "FLOAT": _FLOAT,
    "QTY": _FLOAT,
    "PRICE": _FLOAT,
    "PRICEOFFSET": _FLOAT,
    "AMT": _FLOAT,
    "PERCENTAGE": _FLOAT,
    "CHAR": r".",
    "BOOLEAN": r"[YN]",
    "UTCTIMESTAMP": rf"{_DATE}-{_TIME}{_FRACTION}",
    "TIME": rf"{_DATE}-{_TIME}{_FRACTION}",
    "UTCTIMEONLY": rf"{_TIME}{_FRACTION}",
    "UTCDATE": _DATE,
    "UTCDATEONLY": _DATE,
    "LOCALMKTDATE": _DATE,
    "LOCALMKTTIME": rf"{_TIME}{_FRACTION}",
    "MONTHYEAR": rf"\d{{4}}{_MONTH}(?:{_DAY}|w[1-5])?",
    "TZTIMEONLY": rf"{_MINUTES}(?::(?:[0-5]\d|60){_FRACTION})?{_ZONE}?",
    "TZTIMESTAMP": rf"{_DATE}-{_MINUTES}(?::(?:[0-5]\d|60){_FRACTION})?{_ZONE}?",
}
_FORMATS: Final = {kind: re.compile(syntax, re.ASCII | re.DOTALL).fullmatch for kind, syntax in _SYNTAX.items()}
_MULTIPLE: Final = frozenset({"MULTIPLEVALUESTRING", "MULTIPLESTRINGVALUE", "MULTIPLECHARVALUE"})
"""Several values of an enumeration with a space between each two."""


class Rule:
    """What the value of one field may be."""

    __slots__ = ("_format", "_values", "is_coded", "quick")

    def __init__(self, field: Field) -> None:
        self._format = _FORMATS.get(field.type)
        self._values = _enumeration(field) if field.values else None
        self.is_coded = bool(field.values) and field.type not in _MULTIPLE
        """Whether there are few values: those of an enumeration."""
        self.quick = self._values or self._format
        """The one check that a value must pass, as enumerated values are in their type's syntax; None: any will do."""

    def fault(self, value: str) -> int:
        """SessionRejectReason (373) of what is wrong with a value: 6 its format, 5 it is none of the enumerated; 0 if
        nothing is."""
        if self._format is not None and not self._format(value):
            return 6
        if self._values is not None and not self._values(value):
            return 5
        return 0


def _enumeration(field: Field) -> Check:
    values = frozenset(field.values)
    if field.type in _MULTIPLE:
        return lambda text: values.issuperset(text.split(" "))
    return values.__contains__


class Rules(dict[str, Rule]):
    """The rules of a specification's fields by tag, each made when first asked for. Raises ``KeyError`` for a tag that
    it does not define."""

    def __init__(self, fields: Iterable[Field]) -> None:
        super().__init__()
        self._fields = {field.tag: field for field in fields}

    def __missing__(self, tag: str) -> Rule:
        rule = self[tag] = Rule(self._fields[tag])
        return rule

    def defines(self, tag: str) -> bool:
        return tag in self._fields
