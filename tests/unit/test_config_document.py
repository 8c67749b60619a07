"""Sources of settings: YAML whose scalars stay text, environment variables, flags, and how they overlay."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.document import Node, Scalar, Section, Sequence, overlay, read_environment, read_flags, read_yaml
from config.errors import ConfigError


def plain(node: Node) -> object:
    """The texts of a tree, without origins."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}


def fault(text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, "some.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    "text", ["0.1", "0.10000000000000000555", "17:00", "1_000", "0777", "NO", "1e3", "~", "2024-01-01", ".inf", "0x10"]
)
def test_scalars_keep_their_text(text: str) -> None:
    assert plain(read_yaml(f"key: {text}", "f")) == {"key": text}


def test_origin_is_file_and_line() -> None:
    root = read_yaml("a: 1\nb:\n  - x\n  - y\n", "some.yaml")
    assert isinstance(root, Section)
    items = root.entries["b"]
    assert isinstance(items, Sequence)
    assert items.items[1].origin == "some.yaml line 4"


def test_alias_repeats_what_it_names() -> None:
    assert plain(read_yaml("a: &x {USD: 1}\nb: *x", "f")) == {"a": {"USD": "1"}, "b": {"USD": "1"}}


def test_empty_document_is_empty() -> None:
    assert plain(read_yaml("# nothing\n", "f")) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2", "the key 'a' is given twice [some.yaml line 2]"),
        ("a: !!python/name:os.system x", "the tag tag:yaml.org,2002:python/name:os.system has no meaning here"),
        ("a: !env HOME", "the tag !env has no meaning here [some.yaml line 1]"),
        ("[a]: 1", "a key must be text"),
        ("a: &x [*x]", "nested too deeply"),
        ("[" * 10_000, "some.yaml: is nested too deeply"),
        ("a: b: secret", "is not valid YAML: mapping values are not allowed here [line 1, column 5]"),
        (b"a: \xff\xfe", "is not valid YAML: not UTF-8"),
        ("a: 1\n---\na: 2", "is not valid YAML: but found another document"),
    ],
)
def test_fault_in_yaml_is_told_with_its_place(text: str | bytes, expected: str) -> None:
    assert expected in fault(text)


def test_syntax_error_does_not_repeat_the_line() -> None:
    assert "hunter2" not in fault("password: hunter2: x")


def test_environment_nests_at_two_underscores_and_ignores_other_names() -> None:
    environ = {"TRADE_ENGINE_FIX__PORT": "1", "TRADE_ENGINE_DATA_DIR": "/x", "PATH": "/bin", "TRADE_ENGINES": "no"}
    assert plain(read_environment(environ)) == {"data_dir": "/x", "fix": {"port": "1"}}


def test_environment_names_its_variables_as_origins() -> None:
    section = read_environment({"TRADE_ENGINE_FIX__PORT": "1"}).entries["fix"]
    assert isinstance(section, Section)
    assert section.entries["port"].origin == "TRADE_ENGINE_FIX__PORT"


@pytest.mark.parametrize("other", ["TRADE_ENGINE_FIX", "TRADE_ENGINE_FIX__PORT__X", "TRADE_ENGINE_fix__port"])
def test_variable_for_the_whole_beside_one_for_a_part_is_refused(other: str) -> None:
    with pytest.raises(ConfigError, match="is given twice"):
        read_environment({other: "1", "TRADE_ENGINE_FIX__PORT": "1"})


def test_flags_take_python_values_and_leave_out_none() -> None:
    flags = {"fix.port": 0, "binary.port": None, "data_dir": Path("/x"), "admin.enabled": False, "accounts": ["a", 1]}
    expected = {"fix": {"port": "0"}, "data_dir": "/x", "admin": {"enabled": "false"}, "accounts": ["a", "1"]}
    assert plain(read_flags(flags)) == expected


def test_overlay_merges_sections_and_replaces_lists() -> None:
    base = read_yaml("a: {x: 1, y: 2}\nb: [1, 2]", "base")
    over = read_yaml("a: {y: 3}\nb: [4]\nc: 5", "over")
    assert plain(overlay(base, over)) == {"a": {"x": "1", "y": "3"}, "b": ["4"], "c": "5"}


@pytest.mark.parametrize(("base", "over"), [("a: {x: 1}", "a:"), ("a:", "a: {x: 1}"), ("a: {x: 1}", "")])
def test_heading_with_nothing_under_it_changes_nothing(base: str, over: str) -> None:
    assert plain(overlay(read_yaml(base, "base"), read_yaml(over, "over"))) == {"a": {"x": "1"}}


@pytest.mark.parametrize(("base", "over"), [("a: {x: 1}", "a: 1"), ("a: 1", "a: {x: 1}"), ("[1]", "a: 1")])
def test_section_against_value_hides_neither(base: str, over: str) -> None:
    with pytest.raises(ConfigError, match=r"in base line 1 \[over line 1\]"):
        overlay(read_yaml(base, "base"), read_yaml(over, "over"))
