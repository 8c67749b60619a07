"""The rules of engagement's examples, both ways, by the dictionary of their version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fix_venue import SOH

from engine.session_profile import UnknownTags
from gateways.fix.codec import parse
from gateways.fix.validation import validator_for

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = re.compile(r"^([<>]) (8=FIX[^|]*\|.*\|)$", re.MULTILINE)
EXAMPLES = [
    (f"{path.name}-{place}", direction, text)
    for path in sorted(DOCS.glob("**/*.md"))
    for place, (direction, text) in enumerate(EXAMPLE.findall(path.read_text("utf-8")))
]


def fault_of(text: str) -> str:
    message = parse(text.replace("|", SOH).encode())
    fault = validator_for(message.fields["8"], UnknownTags.REJECT).check(message)
    return "" if fault is None else fault.text


@pytest.mark.parametrize(("direction", "text"), [pytest.param(*rest, id=name) for name, *rest in EXAMPLES])
def test_an_example_is_valid_or_is_rejected_with_what_is_wrong(direction: str, text: str) -> None:
    if found := fault_of(text):
        assert direction == ">", f"the venue would send what is not valid: {found}"
        number = re.search(r"\|34=(\d+)\|", text)
        assert number is not None
        answers = [other for _, way, other in EXAMPLES if way == "<" and f"|45={number[1]}|" in other]
        assert any("|35=3|" in answer and f"|58={found}|" in answer for answer in answers)


def test_there_are_examples_both_ways() -> None:
    assert {direction for _, direction, _ in EXAMPLES} == {"<", ">"}
