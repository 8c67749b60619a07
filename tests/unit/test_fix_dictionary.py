"""The versions' dictionaries: standard, extensions, data types, groups."""

from __future__ import annotations

import pytest
from fix_venue import client_frame

from gateways.fix.codec import parse
from gateways.fix.data_types import Rule
from gateways.fix.dialect import DIALECTS
from gateways.fix.dictionary import dictionary_for
from gateways.fix.extensions import extensions, specification
from gateways.fix.groups import DATA_LENGTH_TAG, group_of
from gateways.fix.specification import SPECIFICATIONS, ComponentUse, Field, GroupUse, parse_xml, standard
from gateways.fix.vocabulary import POST_ONLYS, SELF_TRADE_SCOPES, SPECIAL_TAGS

VERSIONS = tuple(DIALECTS)


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_every_message_can_be_laid_out(begin_string: str) -> None:
    dictionary = dictionary_for(begin_string)
    assert dictionary_for(begin_string) is dictionary
    for msg_type in dictionary.msg_types:
        body = dictionary.body(msg_type)
        assert body is not None
        assert set(body.required) <= body.members.keys()
        assert all(body.rules.defines(tag) for tag in body.members)
    assert dictionary.body("ZZ") is None
    assert dictionary.header.required == ("8", "9", "34", "35", "49", "52", "56")


def test_a_begin_string_that_is_not_spoken() -> None:
    with pytest.raises(KeyError):
        dictionary_for("FIX.4.3")


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_the_dialects_types_are_the_dictionarys(begin_string: str) -> None:
    assert DIALECTS[begin_string].msg_types <= dictionary_for(begin_string).msg_types


def test_required_fields_of_components_count_where_the_component_is_required() -> None:
    new_list = dictionary_for("FIX.4.4").body("E")
    assert new_list is not None
    assert new_list.required == ("66", "68", "73", "394")
    legs = new_list.members["73"]
    assert legs is not None
    assert legs.delimiter == "11"
    assert {"11", "67", "54"} <= set(legs.required)
    parties = legs.members["453"]
    assert parties is not None
    assert (parties.delimiter, parties.places["452"]) == ("448", 2)


# ---- extensions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize("msg_type", ["D", "G"])
def test_what_an_order_may_say_is_defined_in_every_version(begin_string: str, msg_type: str) -> None:
    body = dictionary_for(begin_string).body(msg_type)
    assert body is not None
    assert SPECIAL_TAGS | {"1", "2362", "7003"} <= body.members.keys()


def test_the_standard_stays_as_it_is() -> None:
    for name in SPECIFICATIONS:
        published, extended = standard(name), specification(name)
        for field in published.fields.values():
            ours = extended.fields[field.name]
            assert ours.tag == field.tag
            assert ours.values.items() >= field.values.items()
        for msg_type, message in published.messages.items():
            kept = _names(published, message.parts)
            assert _names(extended, extended.messages[msg_type].parts)[: len(kept)] == kept


def _names(spec: object, parts: object) -> list[str]:
    """Names in order, components spelt out, members of groups left out."""
    names: list[str] = []
    for part in parts:  # type: ignore[attr-defined]
        if isinstance(part, ComponentUse):
            names += _names(spec, spec.components[part.name])  # type: ignore[attr-defined]
        else:
            names.append(part.name)
    return names


def test_every_extension_is_used_by_some_version() -> None:
    added: set[str] = set()
    for name in SPECIFICATIONS:
        published = standard(name).fields
        added |= {field.tag for field in specification(name).fields.values() if field.name not in published}
    assert added == extensions().fields.keys()


def test_own_fields_have_the_values_that_the_gateway_reads() -> None:
    own = extensions().fields
    assert own["7001"].values.keys() == POST_ONLYS.keys()
    assert own["7002"].values.keys() == SELF_TRADE_SCOPES.keys()


def test_an_added_message_is_a_value_of_msg_type() -> None:
    assert {"q", "r", "AF"} <= specification("FIX42").fields["MsgType"].values.keys()


# ---- reading --------------------------------------------------------------------------------------------------------

SMALL = """<fix type='FIX' major='4' minor='4' servicepack='0'>
 <header><field name='MsgType' required='Y'/></header>
 <messages>
  <message name='Test' msgtype='T' msgcat='app'>
   <component name='Box' required='Y'/>
   <group name='NoThings' required='N'><field name='Thing' required='Y'/></group>
  </message>
 </messages>
 <trailer/>
 <components><component name='Box'><field name='Thing' required='N'/></component></components>
 <fields>
  <field number='35' name='MsgType' type='STRING'><value enum='T' description='TEST'/></field>
  <field number='1' name='Thing' type='CHAR'/><field number='2' name='NoThings' type='NUMINGROUP'/>
 </fields>
</fix>"""


def test_quickfixs_format_is_read() -> None:
    spec = parse_xml("SMALL", SMALL)
    assert spec.fields["MsgType"] == Field("35", "MsgType", "STRING", {"T": "TEST"})
    box, things = spec.messages["T"].parts
    assert (box.name, box.required) == ("Box", True)
    assert isinstance(things, GroupUse)
    assert [(part.name, part.required) for part in things.parts] == [("Thing", True)]
    assert spec.trailer == ()


def test_data_fields_and_their_lengths_are_those_of_the_dictionaries() -> None:
    found: dict[str, str] = {}
    for name in SPECIFICATIONS:
        fields = specification(name).fields
        for field in fields.values():
            if field.type in ("DATA", "XMLDATA"):
                short = field.name.replace("Underlier", "Underlier").replace("SecurityDesc", "SecDesc")
                names = (f"{field.name}Len", f"{field.name}Length", f"{short}Len")
                found[field.tag] = next(fields[length].tag for length in names if length in fields)
    assert found == DATA_LENGTH_TAG


# ---- data types -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("INT", ["0", "-5", "007", "9" * 18], ["", "+5", "1.0", "1e3", "-", "9" * 19, "\u0663"]),
        ("LENGTH", ["0", "12"], ["-1", "x"]),
        ("PRICE", ["1", "-1.5", "1.", ".5", "00.10"], [".", "-", "+1", "1,0", "1e5", "NaN", "0x1", " 1"]),
        ("CHAR", ["a", " ", "\xe9"], ["ab"]),
        ("BOOLEAN", ["Y", "N"], ["y", "1", "YN"]),
        ("STRING", ["anything at all"], []),
        (
            "UTCTIMESTAMP",
            ["20240229-23:59:60", "20240101-00:00:00.1", "20240101-00:00:00.123456789012"],
            ["20241301-00:00:00", "20240132-00:00:00", "20240101-24:00:00", "20240101", "20240101-00:00:00."],
        ),
        ("UTCTIMEONLY", ["00:00:00", "12:30:59.123"], ["12:30", "24:00:00"]),
        ("LOCALMKTDATE", ["20240101"], ["2024011", "20240001"]),
        ("MONTHYEAR", ["202401", "20240131", "202401w5"], ["2024", "202413", "202401w6", "20240132"]),
        ("DAYOFMONTH", ["1", "01", "31"], ["0", "32"]),
        ("TZTIMEONLY", ["07:39Z", "02:39-05", "15:39+08:30", "13:08:30.123", "07:39"], ["7:39", "07:39+5"]),
        ("TZTIMESTAMP", ["20060901-07:39Z", "20060901-02:39:00-05"], ["20060901"]),
    ],
)  # fmt: skip
def test_values_are_of_their_types_syntax(kind: str, right: list[str], wrong: list[str]) -> None:
    rule = Rule(Field("1", "Any", kind, {}))
    assert [rule.fault(value) for value in right] == [0] * len(right)
    assert [rule.fault(value) for value in wrong] == [6] * len(wrong)


def test_enumerations_name_their_values() -> None:
    one = Rule(Field("1", "One", "INT", {"1": "A", "2": "B"}))
    assert [one.fault(value) for value in ("1", "3", "x")] == [0, 5, 6]
    many = Rule(Field("1", "Many", "MULTIPLEVALUESTRING", {"1": "A", "2": "B"}))
    assert [many.fault(value) for value in ("1", "2 1", "1 3", "12", " 1")] == [0, 0, 5, 5, 5]


# ---- groups ---------------------------------------------------------------------------------------------------------


def test_entries_of_nested_groups() -> None:
    body = "66=L|68=2|73=2|11=A|67=1|453=2|448=P|447=D|452=1|802=1|523=S|803=1|448=Q|55=X|11=B|67=2|55=Y|893=Y|58=hi"
    first, second = group_of(parse(client_frame("E", 2, body)), "73")
    assert first == {"11": "A", "67": "1", "453": "2", "55": "X"}
    assert first.group("453") == [{"448": "P", "447": "D", "452": "1", "802": "1"}, {"448": "Q"}]
    assert first.group("453")[0].group("802") == [{"523": "S", "803": "1"}]
    assert second == {"11": "B", "67": "2", "55": "Y", "58": "hi"} or "893" not in second
    assert second.group("453") == []


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_a_group_that_is_not_there_has_no_entries(begin_string: str) -> None:
    assert group_of(parse(client_frame("D", 2, "11=A", begin_string=begin_string)), "453") == []
    assert group_of(parse(client_frame("D", 2, "453=0|11=A", begin_string=begin_string)), "453") == []


def test_a_tag_that_counts_no_group_of_the_message() -> None:
    order = parse(client_frame("D", 2, "11=A"))
    for tag in ("11", "268"):
        with pytest.raises(KeyError):
            group_of(order, tag)


def test_a_field_that_was_let_pass_is_in_the_entry_where_it_stands() -> None:
    order = parse(client_frame("D", 2, "453=2|9000=a|448=A|9999=x|447=D|448=B|11=C|89=s"))
    assert group_of(order, "453") == [{"448": "A", "9999": "x", "447": "D"}, {"448": "B"}]
