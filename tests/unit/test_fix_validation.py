"""Messages against their version's dictionary: what is found, in which words, and what is done with unknown tags."""

from __future__ import annotations

import pytest
from fix_venue import client_frame, frame

from engine.session_profile import UnknownTags
from gateways.fix import validation
from gateways.fix.codec import Fault, Message, parse
from gateways.fix.dictionary import dictionary_for
from gateways.fix.full_check import TEXTS
from gateways.fix.validation import Validator, validator_for

VERSIONS = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")
REJECT, DROP, PASS = UnknownTags
TIME = "20231114-22:13:20"
ORDER = f"11=C1|21=1|55=AAPL|54=1|60={TIME}|38=100|40=2|44=230.5"
PARTIES = "453=2|448=A|447=D|452=1|448=B|447=D|452=3"
HEADER = f"35=D|34=2|49=BROKER1|56=TRADEENGINE|52={TIME}|"


def message(msg_type: str, body: str, begin_string: str = "FIX.4.4") -> Message:
    return parse(client_frame(msg_type, 2, body, begin_string=begin_string))


def check(msg_type: str, body: str, begin_string: str = "FIX.4.4", policy: UnknownTags = REJECT) -> Fault | None:
    return validator_for(begin_string, policy).check(message(msg_type, body, begin_string))


def fault(reason: int, tag: str) -> Fault:
    return Fault(reason, tag, TEXTS[reason])


# ---- what is valid --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize(
    ("msg_type", "body"),
    [
        ("0", ""),
        ("0", "112=T"),
        ("D", ORDER),
        ("D", "40=1|54=1|60=20231114-22:13:20.123456789|11=C|55=A|38=1.|21=3"),
        ("D", ORDER + "|59=B|18=6 G|1138=5|1084=3|1107=100|1100=4|2964=100|2362=X|7001=2|7002=1|7003=2|836=2"),
        ("D", ORDER.replace("40=2", "40=J")),
        ("D", f"{ORDER}|78=0"),
        ("D", f"{ORDER}|386=2|336=1|336=2"),
        ("D", f"{ORDER}|{PARTIES}|58=hi"),
        (
            "E",
            "66=L|394=3|1385=100|68=2|73=2|11=A|67=1|55=X|54=1|60=20231114-22:13:20|38=1|40=1|7001=1|11=B|67=2|55=X|54=2",
        ),
        ("AF", "584=M|585=7"),
        ("q", f"11=C|530=7|60={TIME}|1=ACC"),
        ("V", "262=M|263=0|264=0|267=2|269=0|269=1|146=1|55=A"),
        ("5", "58=bye"),
        ("3", "45=1|58=no"),
    ],
)
def test_what_the_standard_or_the_venue_defines_is_valid(begin_string: str, msg_type: str, body: str) -> None:
    assert check(msg_type, body, begin_string) is None


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize(
    "more", ["553=u|554=p|789=5|141=Y|95=3|96=abc", "383=8192|384=1|372=D|385=S|464=N", "925=new", "1409=0"]
)
def test_a_logon_may_say_what_any_version_has(begin_string: str, more: str) -> None:
    version = "1137=9|" if begin_string == "FIXT.1.1" else ""
    assert check("A", f"98=0|108=30|{version}{more}", begin_string) is None


def test_a_header_is_fixts_and_a_body_is_of_fix_5() -> None:
    assert check("0", "1128=9", "FIXT.1.1") is None
    assert check("0", "58=x", "FIXT.1.1") == fault(2, "58")
    assert check("0", "999=x", "FIXT.1.1") == fault(0, "999")
    assert check("0", "1128=9", "FIX.4.4") == fault(0, "1128")


def test_header_and_body_fields_may_each_stand_in_any_order() -> None:
    data = frame(f"35=D|49=BROKER1|34=2|56=TRADEENGINE|52={TIME}|40=1|55=A|60={TIME}|54=1|21=3|11=id")
    assert validator_for("FIX.4.4", REJECT).check(parse(data)) is None


def test_a_type_that_is_not_defined_is_for_the_session_to_refuse() -> None:
    assert check("ZZ", "9999=x") is None
    assert check("ZZ", "abc=x") == Fault(0, "", "Invalid tag number")


# ---- what is not ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize(
    ("msg_type", "body", "reason", "tag"),
    [
        ("0", "999=HI", 0, "999"),
        ("0", "0=HI", 0, "0"),
        ("0", "-1=HI", 0, "-1"),
        ("0", "5000=HI", 0, "5000"),
        ("0", "99999999999999999999=HI", 0, "99999999999999999999"),
        ("0", "58=text", 2, "58"),
        ("D", f"{ORDER}|448=A", 2, "448"),
        ("1", "", 1, "112"),
        ("D", ORDER.replace("11=C1|", ""), 1, "11"),
        ("D", ORDER.replace("11=C1|", "") + "|9999=x", 1, "11"),
        ("0", "112=", 4, "112"),
        ("D", ORDER + "|115=", 14, "115"),
        ("D", ORDER.replace("21=1", "21=4"), 5, "21"),
        ("D", f"{ORDER}|18=G !", 5, "18"),
        ("D", f"{ORDER}|18=G  6", 5, "18"),
        ("D", f"{ORDER}|167=BOO", 5, "167"),
        ("D", ORDER.replace("38=100", "38=+200.00"), 6, "38"),
        ("D", ORDER.replace("38=100", "38=1e5"), 6, "38"),
        ("D", ORDER.replace("38=100", "38=."), 6, "38"),
        ("D", ORDER.replace("38=100", "38=\u00b2"), 6, "38"),
        ("D", ORDER.replace(f"60={TIME}", "60=20231314-22:13:20"), 6, "60"),
        ("D", ORDER.replace(f"60={TIME}", "60=soon"), 6, "60"),
        ("D", ORDER.replace("54=1", "54=11"), 6, "54"),
        ("D", f"{ORDER}|432=2023111", 6, "432"),
        ("2", "7=1|16=x", 6, "16"),
        ("4", "36=5|123=J", 6, "123"),
        ("D", f"{ORDER}|40=2", 13, "40"),
        ("D", f"{ORDER}|34=2", 14, "34"),
        ("0", "89=x|112=T", 14, "112"),
        ("D", f"{ORDER}|386=3|336=PRE-OPEN|336=AFTER-HOURS", 16, "386"),
        ("D", f"{ORDER}|386=1|336=1|336=2|58=x", 16, "386"),
        ("D", f"{ORDER}|386=1|58=x", 16, "386"),
        ("D", f"{ORDER}|386=x|336=1", 6, "386"),
        ("D", f"{ORDER}|453=1|447=D|448=A|452=1", 15, "447"),
        ("D", f"{ORDER}|{PARTIES}x", 6, "452"),
        ("D", f"{ORDER}|453=1|448=|447=D|452=1", 4, "448"),
        ("E", f"66=L|394=3|68=1|73=1|11=A|55=X|54=1|60={TIME}", 1, "67"),
        ("E", f"66=L|394=3|68=1|73=1|11=A|67=1|7001=1|55=X|7001=1|54=1|60={TIME}", 13, "7001"),
    ],
)  # fmt: skip
def test_faults_are_told_in_quickfixs_words(begin_string: str, msg_type: str, body: str, reason: int, tag: str) -> None:
    assert check(msg_type, body, begin_string) == fault(reason, tag)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (f"35=D|11=id|21=3|40=1|54=1|55=MSFT|60={TIME}|34=2|49=BROKER1|52={TIME}|56=TRADEENGINE", "34"),
        (f"35=D|55=MSFT|34=2|49=BROKER1|52={TIME}|56=TRADEENGINE|11=id|21=3|40=1|54=1|60={TIME}", "34"),
    ],
)
def test_body_fields_before_the_headers_are_out_of_order(text: str, tag: str) -> None:
    assert validator_for("FIX.4.4", REJECT).check(parse(frame(text))) == fault(14, tag)


def test_header_fields_that_are_missing_or_empty_are_named() -> None:
    validator = validator_for("FIX.4.4", REJECT)
    without = parse(frame(f"35=0|34=2|49=BROKER1|52={TIME}"))
    assert validator.check(without) == fault(1, "56")
    empty = parse(frame(f"35=0|34=2|49=BROKER1|56=|52={TIME}"))
    assert validator.check(empty) == fault(4, "56")


def test_a_version_requires_what_it_requires() -> None:
    body = ORDER.replace("21=1|", "")
    assert check("D", body, "FIX.4.2") == fault(1, "21")
    assert check("D", body, "FIX.4.4") is None
    assert check("A", "98=0|108=30", "FIXT.1.1") == fault(1, "1137")


def test_fields_of_an_entry_out_of_their_order() -> None:
    assert check("D", f"{ORDER}|453=1|448=A|452=1|447=D") == fault(15, "447")
    assert check("D", f"{ORDER}|453=1|448=A|447=D|447=D") == fault(15, "447")


def test_nested_groups_are_checked_as_others() -> None:
    nested = f"{ORDER}|453=1|448=A|447=D|452=1|802=%s|523=a|803=1|523=b|803=1"
    assert check("D", nested % 2) is None
    assert check("D", nested % 3) == fault(16, "802")
    assert check("D", nested % 2 + "x") == fault(6, "803")


def test_unreadable_fields_come_before_all_else() -> None:
    assert check("D", "95=50|96=abc|112=") == Fault(5, "95", "Data length is incorrect")
    assert check("0", "112=|-5=x") == fault(0, "-5")


# ---- unknown tags ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize("unknown", ["9999=x", "20001=y|20001=z", "9999=", "7=1", "448=A|448=B"])
def test_unknown_tags_pass_or_are_dropped_by_setting(begin_string: str, unknown: str) -> None:
    plain = message("D", ORDER, begin_string)
    for _ in range(2):
        passed = message("D", f"{ORDER}|{unknown}|58=x", begin_string)
        given = list(passed.pairs)
        assert validator_for(begin_string, PASS).check(passed) is None
        assert passed.pairs == given
        dropped = message("D", f"{unknown}|{ORDER}", begin_string)
        assert validator_for(begin_string, DROP).check(dropped) is None
        assert dropped.pairs[3:] == plain.pairs[3:]
        assert list(dropped.fields) == list(dropped.fields) == [tag for tag, _ in reversed(dropped.pairs)]
    assert check("D", f"{ORDER}|{unknown}", begin_string) is not None


def test_unknown_tags_inside_an_entry_do_not_end_its_group() -> None:
    parties = PARTIES.replace("|452=1", "|9999=x|452=1")
    dropped = message("D", f"{ORDER}|{parties}")
    assert validator_for("FIX.4.4", DROP).check(dropped) is None
    assert (
        dropped.pairs
        == message("D", f"{ORDER}|{PARTIES}").pairs[:1]
        + dropped.pairs[1:2]
        + (message("D", f"{ORDER}|{PARTIES}").pairs[2:])
    )
    assert check("D", f"{ORDER}|{parties}", policy=PASS) is None
    assert check("D", f"{ORDER}|{PARTIES.replace('453=2', '453=2|9999=x')}", policy=PASS) is None
    assert check("D", f"{ORDER}|{parties}") == fault(0, "9999")


@pytest.mark.parametrize("policy", [DROP, PASS])
def test_what_is_left_is_judged_all_the_same(policy: UnknownTags) -> None:
    assert check("D", f"9999=x|{ORDER}".replace("38=100", "38=x"), policy=policy) == fault(6, "38")
    assert check("D", f"9999=x|{ORDER}".replace("11=C1|", ""), policy=policy) == fault(1, "11")
    assert check("D", f"{ORDER}|=x", policy=policy) == Fault(0, "", "Invalid tag number")


# ---- shapes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", ["", f"|{PARTIES}", "|453=1|448=A|447=D|452=1"])
def test_a_known_order_of_tags_is_judged_by_its_values(groups: str) -> None:
    validator = Validator(dictionary_for("FIX.4.4"), REJECT)
    assert validator.check(message("D", ORDER + groups)) is None
    for _ in range(2):
        assert validator.check(message("D", ORDER.replace("54=1", "54=2") + groups)) is None
        assert validator.check(message("D", ORDER.replace("54=1", "54=!") + groups)) == fault(5, "54")
        assert validator.check(message("D", ORDER.replace("44=230.5", "44=x") + groups)) == fault(6, "44")
        assert validator.check(message("D", ORDER.replace("11=C1", "11=") + groups)) == fault(4, "11")
    wrong_count = groups.replace("453=1", "453=2").replace("453=2|448=A|447=D|452=1|448", "453=3|448=A|447=D|452=1|448")
    if groups:
        assert validator.check(message("D", ORDER + wrong_count)) == fault(16, "453")


def test_the_order_of_tags_is_known_for_its_own_type_only() -> None:
    validator = Validator(dictionary_for("FIX.4.4"), REJECT)
    assert validator.check(message("1", "112=T")) is None
    assert validator.check(message("5", "112=T")) == fault(2, "112")


def test_shapes_that_somebody_makes_up_take_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "SHAPES_MAX", 8)
    validator = Validator(dictionary_for("FIX.4.4"), PASS)
    for tag in range(10_000, 10_050):
        assert validator.check(message("0", f"{tag}=x")) is None
        assert len(validator._shapes) <= 8
    many = "|".join(f"{tag}=x" for tag in range(10_000, 10_070))
    before = len(validator._shapes)
    assert validator.check(message("0", many)) is None
    assert len(validator._shapes) == before


def test_validators_are_shared_and_each_has_its_policy() -> None:
    assert validator_for("FIX.4.4", REJECT) is validator_for("FIX.4.4", REJECT)
    assert validator_for("FIX.4.4", REJECT) is not validator_for("FIX.4.4", PASS)
    with pytest.raises(KeyError):
        validator_for("FIX.4.0", REJECT)
