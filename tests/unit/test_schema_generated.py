"""What is made from the schemas is current, and what the generators make of a schema."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from gateways.binary import codec, soup
from gateways.binary.schema import __main__ as command
from gateways.binary.schema import artifacts, c_header, lua, markdown
from gateways.binary.schema.artifacts import MARKET_DATA, ORDER_ENTRY
from gateways.binary.schema.model import Block
from gateways.binary.schema.reader import parse, read

SCHEMAS = {"te": read(ORDER_ENTRY), "md": read(MARKET_DATA)}
GCC = shutil.which("gcc")
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1")


def test_what_is_made_from_the_schemas_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().out


def test_a_changed_schema_is_noticed_and_its_files_are_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "venue.sbe.xml"
    changed.write_text(ORDER_ENTRY.read_text("utf-8").replace('name="NewOrder"', 'name="PlainOrder"'), "utf-8")
    for path in artifacts.made():
        (tmp_path / path.relative_to(artifacts.ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(artifacts.ROOT))
    monkeypatch.setattr(artifacts, "ORDER_ENTRY", changed)
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "docs/binary/messages.md" in told
    assert "docs/binary/market-data-messages.md" not in told
    assert command.main([]) == 0
    assert "## 1 PlainOrder" in (tmp_path / "docs" / "binary" / "messages.md").read_text("utf-8")
    assert command.main(["--check"]) == 0


# ---- the reference ------------------------------------------------------------------------------------------------


def test_every_field_and_value_is_in_the_reference() -> None:
    for schema, path in zip(SCHEMAS.values(), ("messages.md", "market-data-messages.md"), strict=True):
        lines = (artifacts.ROOT / "docs" / "binary" / path).read_text("utf-8").splitlines()
        for message in schema.messages:
            assert f"## {message.template_id} {message.name}" in lines
            for field in (field for block in (message, *message.groups) for field in block.fields):
                row = f"| {field.offset} | {field.type.size} | {markdown.type_name(field.type)} | {field.name} | "
                assert any(line.startswith(row) for line in lines), row
        for enumeration in schema.enumerations:
            for value in enumeration.values:
                shown = value.text if not enumeration.bits else str(enumeration.number(value))
                assert any(line.startswith(f"| `{shown}` | {value.name} | ") for line in lines), value


def test_a_value_is_as_new_as_the_first_field_that_can_have_it() -> None:
    text = (artifacts.ROOT / "docs" / "binary" / "messages.md").read_text("utf-8")
    assert "| `1` | Buy | 1 |  |" in text
    assert "| `4` | Auction | 2 |  |" in text
    assert "| `8` | VolatilityPause | 2 |  |" in text, "its enumeration came with version 2"


def test_links_within_the_reference_lead_somewhere() -> None:
    for path in ("messages.md", "market-data-messages.md"):
        text = (artifacts.ROOT / "docs" / "binary" / path).read_text("utf-8")
        headings = (line.lstrip("# ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("#"))
        known = set(headings)
        links = {part.split(")")[0] for part in text.split("](#")[1:]}
        assert links
        assert links <= known


# ---- the dissector ------------------------------------------------------------------------------------------------


def test_a_name_with_two_kinds_of_value_cannot_be_one_filter() -> None:
    text = ORDER_ENTRY.read_text("utf-8").replace(
        '<field name="SecurityID" id="48" type="SecurityId"/>', '<field name="SecurityID" id="48" type="Count32"/>', 1
    )
    lua.dissector([parse(text)])
    text = text.replace('name="SecurityId" primitiveType="uint32"', 'name="SecurityId" primitiveType="int32"')
    with pytest.raises(ValueError, match="SecurityID"):
        lua.dissector([parse(text)])


# ---- the header ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "snake"),
    [("ClOrdID", "cl_ord_id"), ("MDReqID", "md_req_id"), ("MDEntryPx", "md_entry_px"), ("HmacSha256", "hmac_sha256")],
)
def test_names_in_c(name: str, snake: str) -> None:
    assert c_header.snake(name) == snake


def compiled(tmp_path: Path, source: str, *options: str) -> Path:
    assert GCC is not None
    (tmp_path / "source.c").write_text(source)
    program = tmp_path / "program"
    include = f"-I{artifacts.ROOT / 'examples' / 'c'}"
    ran = subprocess.run(
        [GCC, *STRICT, include, *options, "-o", program, tmp_path / "source.c"], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return program


def offsets(prefix: str, block: Block, *names: str) -> list[str]:
    struct = "_".join((prefix, *map(c_header.snake, names)))
    checks = [f'_Static_assert(sizeof(struct {struct}) == {block.block_length}, "");']
    for field in block.fields:
        member = c_header.snake(field.name)
        checks.append(f'_Static_assert(offsetof(struct {struct}, {member}) == {field.offset}, "{struct}.{member}");')
        sized = f"sizeof(((struct {struct} *)0)->{member})"
        checks.append(f'_Static_assert({sized} == {field.type.size}, "{struct}.{member}");')
    return checks


@pytest.mark.skipif(GCC is None, reason="no C compiler here")
def test_the_structs_of_the_header_have_the_schemas_places(tmp_path: Path) -> None:
    lines = ['#include "tradeengine_sbe.h"']
    for prefix, schema in SCHEMAS.items():
        for message in schema.messages:
            lines += offsets(prefix, message, message.name)
            for group in message.groups:
                lines += offsets(prefix, group, message.name, group.name)
    assert len(lines) > 1000
    compiled(tmp_path, "\n".join((*lines, "int main(void) { return 0; }\n")))


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here")
def test_the_header_is_good_for_cpp_too(tmp_path: Path) -> None:
    source = tmp_path / "source.cpp"
    source.write_text('#include "tradeengine_sbe.h"\nint main() { te_new_order order; te_new_order_init(&order); }\n')
    include = f"-I{artifacts.ROOT / 'examples' / 'c'}"
    options = ("-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only")
    ran = subprocess.run(["g++", *options, include, source], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


CODEC = """
#include "tradeengine_sbe.h"

int put(uint8_t *payload)
{
    struct te_new_list list;
    te_new_list_init(&list);
    list.list_id = 5;
    list.contingency_type = TE_CONTINGENCY_BRACKET;
    struct te_new_list_legs legs[2];
    for (int n = 0; n < 2; n++) {
        te_new_list_legs_init(&legs[n]);
        legs[n].cl_ord_id = (uint64_t)n + 1;
    }
    return (int)te_new_list_legs_append(payload, te_new_list_encode(payload, &list), legs, 2);
}

int legs_of(const uint8_t *payload, size_t size)
{
    struct te_new_list list;
    struct te_new_list_legs leg;
    struct sbe_group group;
    if (!te_new_list_decode(&list, payload, size) || !te_new_list_legs_begin(&group, payload, size))
        return -1;
    int sum = 0;
    while (te_new_list_legs_next(&group, &leg))
        sum += (int)leg.cl_ord_id;
    return sum;
}

/* A replace's StopPx: what was sent, or the null value. */
int64_t stop_px(const uint8_t *payload, size_t size)
{
    struct te_replace_order order;
    return te_replace_order_decode(&order, payload, size) ? order.stop_px : 0;
}
"""


@pytest.mark.skipif(GCC is None, reason="no C compiler here")
def test_the_header_encodes_and_decodes_as_the_codec_does(tmp_path: Path) -> None:
    library = ctypes.CDLL(str(compiled(tmp_path, CODEC, "-shared", "-fPIC")))
    library.stop_px.restype = ctypes.c_int64
    buffer = ctypes.create_string_buffer(1024)
    size = library.put(buffer)
    payload = buffer.raw[:size]
    assert codec.NEW_LIST.unpack(payload, codec.HEADER_SIZE)[0] == 5
    assert [leg[0] for leg in codec.read_legs(payload)] == [1, 2]
    assert library.legs_of(payload, len(payload)) == 3
    assert [library.legs_of(payload[:size], size) for size in range(len(payload))] == [-1] * len(payload)

    short = codec.REPLACE_ORDER.pack(1, 2, 3, 4, 5, 6, 7, b"1")[soup.HEADER_SIZE :]
    long = codec.REPLACE_SPECIAL.pack(1, 2, 3, 4, 5, 6, 7, b"1", 225, 0, 0, 0, 0)[soup.HEADER_SIZE :]
    assert library.stop_px(short, len(short)) == -(2**63)
    assert library.stop_px(long, len(long)) == 225
    longer = (int.from_bytes(long[:2], "little") + 3).to_bytes(2, "little") + long[2:] + b"new"
    assert library.stop_px(longer, len(longer)) == 225
    assert library.stop_px(payload, len(payload)) == 0
