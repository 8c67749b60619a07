"""docs/fix/rejects.md has every text that a FIX client can be refused with, by its reason, and none that there isn't.

The texts are read from the code: literals with a blank in them, what varies shown as ``…``.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from documents import ROOT, tables

from engine.combinations import EXPIRED_TEXT, RULES, TEXTS
from engine.types import CxlRejReason, OrdRejReason
from gateways.fix.mapping_out import ACTIVATED_TEXT, CANCEL_TEXT, RESTATED_TEXT

REJECTS = ROOT / "docs" / "fix" / "rejects.md"
VARIES = "…"
_NOT_MESSAGES = frozenset(
    {"business_ids.py", "dictionary_xml.py", "extensions.py", "groups.py", "settings.py", "specification.py"}
)
SOURCES = (
    *(path for path in sorted((ROOT / "gateways" / "fix").glob("*.py")) if path.name not in _NOT_MESSAGES),
    *(ROOT / "gateways" / f"{name}.py" for name in ("rates", "tls", "transport")),
    *(ROOT / "actors" / f"{name}.py" for name in ("boundary", "door", "passwords", "port", "publisher", "refusals")),
    *(ROOT / "actors" / f"{name}.py" for name in ("session_times", "signatures", "standins")),
    *(ROOT / "engine" / f"{name}.py" for name in ("amending", "book", "combinations", "entry", "guards", "protection")),
    *(ROOT / "engine" / f"{name}.py" for name in ("rejections", "risk", "rules", "short_way")),
)
ELSEWHERE = {
    "tradeengine/members.py": (
        "system error in the account", "system error in the book", "system error in the session",
    ),
    "tradeengine/venue.py": ("the venue is shutting down",),
    "tradeengine/fix_operations.py": ("logged out by an operator", "sequence numbers are reset by an operator"),
}  # fmt: skip
"""Texts for clients in modules whose other texts are for operators."""
WHOLE = {
    f"SendingTime accuracy problem: more than {VARIES} s from the venue's clock": "SendingTime accuracy problem",
    f"TestMessageIndicator (464) is {VARIES}, and this is no test system": "this is no test system",
    f"TestMessageIndicator (464) is {VARIES}, and this is a test system": "this is a test system",
    f"{VARIES}; the client did not answer the Logout": "; the client did not answer the Logout",
    f"More than {VARIES} ResendRequests for {VARIES} to {VARIES} within {VARIES} s": f"within {VARIES} s",
    f"Tag 789 (NextExpectedMsgSeqNum) is higher than expected. Expected {VARIES}, Received {VARIES}": (
        f"Expected {VARIES}, Received {VARIES}"
    ),
    f"the session is outside its schedule; it opens again at {VARIES}": (
        f"the session is outside its schedule; {VARIES}"
    ),
    f"the session's schedule has ended; it opens again at {VARIES}": f"the session's schedule has ended; {VARIES}",
    f"ResendRequests for {VARIES} messages within {VARIES} s, and now for {VARIES} to {VARIES}": (
        f"ResendRequests for {VARIES} messages {VARIES}, and now for {VARIES} to {VARIES}"
    ),
}
"""Texts that are put together → the part that a literal is."""
PARTS = frozenset(
    {
        f"TestMessageIndicator (464) is {VARIES}, and {VARIES}",
        f"More than {VARIES} ResendRequests for {VARIES} to {VARIES} {VARIES}",
        f"Tag 789 (NextExpectedMsgSeqNum) is higher than expected. {VARIES}",
    }
)
"""The literals that the others of those are parts of."""
NOT_TOLD = frozenset(
    {
        f"not a UTCTimestamp: {VARIES}",
        "a report on an order shows the order",
        "each order of a list has its own parties",
        "refused an order that no rule refuses",
        "Trades are not reported here",
        "passwords are not changed here",
        "the key is encrypted",
        f"{VARIES} and {VARIES}: no certificate with its key: {VARIES}",
        f"{VARIES} cannot be read: {VARIES}",
        f"{VARIES}: no certificates: {VARIES}",
        f"buffer_max: {VARIES}: must be positive",
    }
)
"""What no client of a venue meets: assertions, errors in a configuration, what every venue has."""


REPLACES = "replace_in"
"""The module whose refusals are all CxlRejReason 99."""


class Refusal(NamedTuple):
    """A text with its reason, as a refusal is made of them."""

    kind: str
    """Tag of the reason: 373, 380, 281, 1386, 103 or 102."""
    reason: str
    text: str


# ---- the code -----------------------------------------------------------------------------------------------------


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def module_of(path: Path) -> ModuleType:
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def texts(path: Path) -> Iterator[str]:
    """Every literal with a blank that is no docstring, no part of an f-string, and no piece of a message."""
    tree = tree_of(path)
    passed_over = {id(node) for node in _comments(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            passed_over |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) not in passed_over and isinstance(node, ast.JoinedStr | ast.Constant):
            text = text_of(node, module_of(path))
            if text is not None and " " in text.strip() and "\x01" not in text and "\\" not in text:
                yield text


def _comments(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def text_of(node: ast.expr, module: ModuleType) -> str | None:
    """A text, with constants put in and ``…`` for what varies; None for what is none."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part, module) for part in node.values)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name | ast.Attribute):
        value = constant(node, module)
        return value if isinstance(value, str) else None
    return None


def _part(part: ast.expr, module: ModuleType) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    value = constant(part.value, module)
    return value if isinstance(value, str) else VARIES


def constant(node: ast.expr, module: ModuleType) -> object:
    """What a name of the module, or of a module or enumeration that it knows, stands for; None if that varies."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return getattr(module, node.id, None)
    if isinstance(node, ast.Attribute):
        return getattr(constant(node.value, module), node.attr, None)
    return None


def refusals(path: Path) -> Iterator[Refusal]:
    """The refusals that are written with their reason and text."""
    module = module_of(path)
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from _raised(node.func.id, node.args, module, CxlRejReason.OTHER if path.stem == REPLACES else None)
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
            yield from _reasoned(constant(node.elts[0], module), node.elts[1], module)


def _raised(name: str, arguments: list[ast.expr], module: ModuleType, always: CxlRejReason | None) -> Iterator[Refusal]:
    kinds = {"FieldRefusal": "373", "BusinessRefusal": "380", "MarketDataRefusal": "281", "ListRefusal": "1386"}
    if name in kinds and len(arguments) >= 3:
        reason, text = constant(arguments[0], module), text_of(arguments[2], module)
        if isinstance(reason, int | str) and text is not None:
            yield Refusal(kinds[name], str(reason) or "none", text)
    elif name == "NotSupported":
        told = constant(arguments[1], module) if len(arguments) > 1 else OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
        yield from _reasoned(always or told, arguments[0], module)
    elif name in ("RejectCommand", "cancel_rejected", "OrderRejected") and len(arguments) > 2:
        yield from _reasoned(constant(arguments[1], module), arguments[2], module)


def _reasoned(reason: object, node: ast.expr, module: ModuleType) -> Iterator[Refusal]:
    text = text_of(node, module)
    if text is not None and isinstance(reason, OrdRejReason):
        yield Refusal("103", str(int(reason)), text)
    elif text is not None and isinstance(reason, CxlRejReason):
        yield Refusal("102", str(int(reason)), text)


# ---- the document -------------------------------------------------------------------------------------------------


def documented() -> list[Refusal]:
    """Every row of the document: the reason's tag, empty for a Logout or the log, the reason, the text."""
    rows = []
    for table in tables(REJECTS):
        place = next(at for at, name in enumerate(table.columns) if name.startswith("Text"))
        kind = table.columns[0] if place else ""
        rows += [Refusal(kind, row[0] if place else "", row[place]) for row in table.rows]
    return rows


TOLD = documented()
IN_CODE = {text for path in SOURCES for text in texts(path)} | {text for known in ELSEWHERE.values() for text in known}
IN_CODE |= {text for known in (CANCEL_TEXT, RESTATED_TEXT, ACTIVATED_TEXT) for text in known.values() if text}
IN_CODE |= {"Triggered", VARIES}


def test_every_text_is_in_the_document() -> None:
    shown = {refusal.text for refusal in TOLD}
    assert len(shown) > 200
    assert IN_CODE - shown - NOT_TOLD - PARTS - set(WHOLE.values()) == set()


def test_the_document_has_no_text_that_the_code_lacks() -> None:
    shown = {refusal.text for refusal in TOLD}
    assert shown - IN_CODE - WHOLE.keys() == set()
    assert set(WHOLE.values()) | PARTS | NOT_TOLD <= IN_CODE


@pytest.mark.parametrize("name", ELSEWHERE)
def test_texts_of_other_modules_are_there(name: str) -> None:
    assert set(ELSEWHERE[name]) <= set(texts(ROOT / name))


def test_texts_have_their_reasons() -> None:
    written = [refusal for path in SOURCES for refusal in refusals(path)]
    kinds = [refusal.kind for refusal in written]
    assert min(map(kinds.count, ("373", "380", "281", "1386", "103", "102"))) > 2
    assert {refusal for refusal in written if refusal not in TOLD} == set()


def test_rules_of_combinations_have_their_reasons() -> None:
    rules = {Refusal("103", str(int(reason)), TEXTS[rule]) for rule, reason, _ in RULES}
    rules.add(Refusal("103", str(int(OrdRejReason.OTHER)), EXPIRED_TEXT))
    assert rules - set(TOLD) == set()


def test_what_is_read_from_the_code_is_what_it_says() -> None:
    """The reading itself: constants are put in, what varies is shown as such, comments are passed over."""
    module = module_of(ROOT / "gateways" / "fix" / "terms_in.py")
    tree = ast.parse('f"ExecInst 6 contradicts ({words.POST_ONLY_TAG}) {values[0]}"', mode="eval")
    assert text_of(tree.body, module) == f"ExecInst 6 contradicts (7001) {VARIES}"
    assert "ExecInst 6 contradicts PostOnlyInstruction (7001) 0" in set(texts(ROOT / "gateways/fix/terms_in.py"))
