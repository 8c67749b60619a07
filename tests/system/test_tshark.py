"""Wireshark's dissector reads a captured session of each version, both directions, and finds nothing malformed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from capture import Relay
from fix_client import FixClient
from venue_process import VenueProcess

FIX_PORT = 9878
_UNPACKED = Path(sys.prefix) / "tools" / "tshark" / "run"
TSHARK = shutil.which("tshark") or (str(_UNPACKED) if _UNPACKED.exists() else "")
pytestmark = pytest.mark.skipif(not TSHARK, reason="tshark is not there: scripts/install-test-tools.sh installs it")


def trade(client: FixClient, other: FixClient) -> None:
    """Of everything a little: orders, a fill, changes, refusals, questions, a gap, a Logout."""
    client.new_order("T1", "SOL/USDT", "1", "10", "150")
    client.receive("8")
    other.new_order("T2", "SOL/USDT", "2", "4", "150", tif="3")
    assert client.receive("8")[32] == "4"
    client.replace("T3", "T1", "SOL/USDT", "1", "9", "150.01")
    client.new_order("T4", "SOL/USDT", "1", "10", "150.001")
    client.cancel("T5", "NOTHING", "SOL/USDT", "1")
    client.order_status("T3", "SOL/USDT", "1")
    client.mass_status("S1")
    client.market_data("M1", "SOL/USDT", 0)
    client.market_data("M2", "NOTHING", 0)
    client.send("D", [(11, "T6")])
    client.send("1", [(112, "ping")])
    client.cancel("T7", "T3", "SOL/USDT", "1")
    client.mass_cancel("T8")
    client.sync("SOL/USDT")
    client.in_next = 2
    client.send("2", [(7, "2"), (16, "0")])
    client.sync("SOL/USDT")
    client.log_out()


def dissected(path: Path, *options: str) -> list[list[list[str]]]:
    """Of each packet with FIX in it each of the ``options``' fields, with a value per message."""
    fields = [word for name in options for word in ("-e", name)]
    ran = subprocess.run(
        [TSHARK, "-r", path, "-d", f"tcp.port=={FIX_PORT},fix", "-o", "tcp.check_checksum:TRUE", "-o",
         "ip.check_checksum:TRUE", "-T", "fields", "-E", "aggregator=;", *fields],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    return [[value.split(";") if value else [] for value in line] for line in lines]


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
def test_a_captured_session_is_well_formed(begin_string: str, tmp_path: Path, shared_venue: VenueProcess) -> None:
    relay = Relay(shared_venue.ports.fix, FIX_PORT)
    client, other = (FixClient(comp_id, begin_string) for comp_id in ("BROKER3", "BROKER4"))
    other.log_on(shared_venue.ports.fix)
    client.log_on(relay.port)
    trade(client, other)
    other.log_out()
    client.close()
    relay.join()
    path = tmp_path / "session.pcap"
    relay.capture.save(path)

    packets = dissected(path, "tcp.srcport", "fix.MsgType", "fix.MsgSeqNum", "fix.checksum_good", "_ws.malformed")
    told = [
        (source == [str(FIX_PORT)], *message)
        for source, types, numbers, _, _ in packets
        for message in zip(types, numbers, strict=True)
    ]
    came = [(True, message.type, str(message.number)) for message in client.arrivals]
    assert [message for message in told if message[0]] == came
    assert {kind for _, kind, _ in came} >= {"A", "8", "9", "W", "Y", "3", "0", "4", "5"}
    assert len(told) - len(came) >= len(client.sent)
    assert all(sum_right == ["1"] * len(types) for _, types, _, sum_right, _ in packets), "a CheckSum is wrong"
    assert not any(malformed for *_, malformed in packets)
    experts = [value for packet in dissected(path, "_ws.expert.message") for value in packet if value]
    assert [expert for expert in experts if not all("onnection" in text for text in expert)] == []
