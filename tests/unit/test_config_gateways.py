"""The gateways' own settings structs are filled by field name: names and defaults must agree."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import gateways.binary.market.mold_server
import gateways.binary.settings
import gateways.fix.settings
from config.settings import BinarySettings, FixSettings, MoldSettings

CHOSEN_AT_START = {"session"}
"""The SoupBinTCP session's name belongs to the journal, not to the configuration."""


@pytest.mark.parametrize(
    ("gateway", "configured"),
    [
        (gateways.fix.settings.FixSettings(), FixSettings()),
        (gateways.binary.settings.BinarySettings(), BinarySettings()),
        (gateways.binary.market.mold_server.MoldSettings(), MoldSettings()),
    ],
    ids=["fix", "binary", "mold"],
)
def test_every_setting_of_a_gateway_can_be_configured(gateway: msgspec.Struct, configured: msgspec.Struct) -> None:
    theirs: dict[str, Any] = msgspec.structs.asdict(gateway)
    ours = msgspec.structs.asdict(configured)
    assert theirs.keys() - ours.keys() <= CHOSEN_AT_START
    assert {name: ours[name] for name in theirs if name in ours} == {
        name: value for name, value in theirs.items() if name in ours
    }
