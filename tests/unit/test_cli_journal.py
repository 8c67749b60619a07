"""``journal dump`` and ``journal verify``: what is shown, what is not, and what is found wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import trio
import venue_in_process as venues
from engine_builders import changed, image, instrument, special
from venue_in_process import BTC_USDT, Client, running

from engine.account import Account
from engine.book import Book
from engine.commands import NewOrder
from engine.events import (
    AuctionIndicated,
    Deposited,
    Event,
    InstrumentListed,
    LimitStateChanged,
    MassCancelRequested,
    OrderTriggered,
    Record,
    StateHashed,
    TradeBusted,
    TradeExecuted,
    TradingPhaseChanged,
    Withdrawn,
)
from engine.fold import STATE_VERSION
from engine.image import Working
from engine.instrument import Protection, Session
from engine.terms import Trigger
from engine.types import (
    SCALE,
    Activation,
    CancelReason,
    OrdStatus,
    OrdType,
    Side,
    TimeInForce,
    TradingPhase,
    TriggerKind,
    TriggerSource,
    Wait,
)
from engine.wire import decode_record, encode_record
from stores.journal.segment import segment_name
from stores.journal.tail import read_directory
from tradeengine.cli import main
from tradeengine.cli_journal import _report
from tradeengine.dump import Describer, utc_text
from tradeengine.verify import verify_records

Payloads = list[tuple[int, bytes]]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venue's data directory after one trade and a clean stop."""
    directory = tmp_path_factory.mktemp("venue")
    trio.run(_trade, directory)
    return directory


async def _trade(directory: Path) -> None:
    async with running(venues.settings(directory)) as venue:
        for session_id, account_id, side in ((1, 2, Side.BUY), (3, 3, Side.SELL)):
            Client(venue, session_id).connect().send(
                NewOrder(
                    session_id, f"o{session_id}", account_id, BTC_USDT, side, OrdType.LIMIT, TimeInForce.GTC,
                    SCALE // 2, 100 * SCALE,
                )
            )  # fmt: skip
        await venues.at_rest(venue)


@pytest.fixture
def payloads(data_dir: Path) -> Payloads:
    return list(read_directory(data_dir / "journal"))


def test_the_dump_names_who_and_what(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "dump", "--data-dir", str(data_dir)]) == 0
    text = capsys.readouterr().out
    (trade,) = [line for line in text.splitlines() if "TradeExecuted" in line]
    assert "px=100 qty=0.5" in trade
    assert "aggressor [SELL 0.5 BTC/USDT @ 100 LIMIT GTC FILLED" in trade
    assert "cl_ord_id=o3 account=A3 session=SOUPBIN:BIN3]" in trade
    assert "from FIX.4.4:FIX1" in text


def test_the_dump_shows_no_credential(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["journal", "dump", "--data-dir", str(data_dir)])
    main(["journal", "dump", "--data-dir", str(data_dir), "--json"])
    text = capsys.readouterr().out
    assert "scrypt" not in text
    assert text.count("credential=***") == 3
    assert text.count('"credential":"***"') == 3


def test_a_part_of_the_dump_still_knows_the_names(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "dump", "--data-dir", str(data_dir), "--json"]) == 0
    every = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (order,) = [it["sequence"] for it in every if it["events"][0]["event"] == "OrderAccepted" and "session" in it][:1]
    assert main(["journal", "dump", "--data-dir", str(data_dir), "--json", f"--from={order}", f"--to={order}"]) == 0
    (shown,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown == every[order - 1]
    assert shown["session"] == "FIX.4.4:FIX1"
    assert shown["events"][0]["order"]["order_qty"] == "0.5"
    assert shown["events"][0]["order"]["account"] == "A2"


def test_every_kind_of_event_can_be_described(payloads: Payloads) -> None:
    describer = Describer()
    for seq, payload in payloads:
        record = decode_record(payload)
        json.dumps(describer.describe(seq, record))
        assert list(describer.lines(seq, record))


SPECIAL = special(
    trigger=Trigger(TriggerKind.STOP, 95 * SCALE, TriggerSource.BEST_BID), display_qty=SCALE // 10, expire_ns=SCALE * 10
)
STOP = image("s", special=SPECIAL, working=Working(Wait.TRIGGER, stop_px=95 * SCALE), hold=SCALE)
SHOWN_SPECIAL = {
    "trigger": {"kind": "STOP", "px": "95", "source": "BEST_BID"},
    "display_qty": "0.1",
    "expire": "1970-01-01T00:00:01.000000000Z",
}


def test_a_special_order_is_told_with_what_makes_it_special() -> None:
    record = Record(1, 0, 0, 0, [7], [OrderTriggered(STOP, Activation.TRIGGER)])
    (event,) = Describer().describe(1, record)["events"]
    assert event["activation"] == "TRIGGER"
    assert event["order"]["special"] == SHOWN_SPECIAL
    assert event["order"]["working"] == {"wait": "TRIGGER", "stop_px": "95"}
    assert (event["order"]["px"], event["order"]["hold"], event["order"]["side"]) == ("100", "1", "BUY")
    text = "\n".join(Describer().lines(1, record))
    assert "special=(trigger=(kind=STOP px=95 source=BEST_BID) display_qty=0.1" in text
    assert "working=(wait=TRIGGER stop_px=95)" in text


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (LimitStateChanged(1, 0, 0, 0), {"side": "NONE", "until": ""}),
        (LimitStateChanged(1, 2, SCALE * 10, SCALE), {"side": "SELL", "until": SHOWN_SPECIAL["expire"]}),
        (TradingPhaseChanged(1, TradingPhase.CLOSED, 0), {"symbol": "#1", "phase": "CLOSED", "until": ""}),
        (AuctionIndicated(1, SCALE, SCALE, -SCALE), {"px": "1", "surplus": "-1"}),
        (MassCancelRequested(1, 1, 2, "m", 0, 0, [1], CancelReason.MASS_CANCEL), {"side": "ANY", "symbols": ["#1"]}),
        (
            InstrumentListed(
                instrument(
                    schedule=[Session("09:00", TradingPhase.CONTINUOUS, [1])], protection=Protection(collar_rate=SCALE)
                )
            ),
            {
                "instrument": {
                    "schedule": [{"at": "09:00", "phase": "CONTINUOUS", "days": [1], "random_end_s": 0}],
                    "protection": {"collar_rate": "1"},
                }
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_happens_to_a_market_is_told_in_words(event: Event, shown: dict[str, Any]) -> None:
    record = Record(1, 0, 0, 0, [], [event])
    (told,) = Describer().describe(1, record)["events"]
    json.dumps(told)
    if "instrument" in shown:
        told, shown = told["instrument"], shown["instrument"]
    assert {name: told[name] for name in shown} == shown
    assert len(list(Describer().lines(1, record))) == 2


def test_times_are_told_to_the_nanosecond() -> None:
    assert utc_text(1_767_348_000_000_000_007) == "2026-01-02T10:00:00.000000007Z"


def test_a_journal_whose_fold_is_the_live_state_verifies(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "verify", "--data-dir", str(data_dir)]) == 0
    text = capsys.readouterr().out
    assert "state hashes: 1 compared, all equal" in text
    assert "conserved" in text


def test_a_hash_that_is_not_the_folds_is_named(payloads: Payloads) -> None:
    seq, payload = payloads[-1]
    record = decode_record(payload)
    assert isinstance(record.events[0], StateHashed)
    forged = encode_record(Record(record.time_ns, 0, 0, 0, [], [StateHashed("0" * 32, STATE_VERSION)]))
    found = verify_records([*payloads[:-1], (seq, forged)])
    assert found.problem.startswith(f"the state at sequence {seq} hashes to ")
    assert "0" * 32 in found.problem


def test_a_hash_of_an_earlier_version_is_counted_and_not_compared(
    payloads: Payloads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seq, payload = payloads[-1]
    old = encode_record(Record(decode_record(payload).time_ns, 0, 0, 0, [], [StateHashed("0" * 32, STATE_VERSION - 1)]))
    found = verify_records([*payloads[:-1], (seq, old)])
    assert (found.problem, found.hashes, found.hashes_before) == ("", 0, 1)
    assert "1 more by earlier versions" in _report(found, tmp_path)


def test_only_a_bust_may_leave_an_account_owing(payloads: Payloads) -> None:
    """What was sold is withdrawn; then the trade never was."""
    (trade,) = [
        event for _, payload in payloads for event in decode_record(payload).events if isinstance(event, TradeExecuted)
    ]
    seller, buyer = trade.aggressor, trade.resting
    before = verify_records(payloads[:-1])
    paid_out = Withdrawn(seller.account_id, "USDT", 100_020 * SCALE, "op")
    bust = TradeBusted(
        trade.trade_id, trade.px, trade.qty, changed(seller, cum_qty=0, status=OrdStatus.CANCELED),
        changed(buyer, cum_qty=0, status=OrdStatus.CANCELED), trade.aggressor_fee, trade.resting_fee, "op", "error",
    )  # fmt: skip
    last = before.last_seq

    def told(*events: Event) -> str:
        more = [(last + n, encode_record(Record(0, 0, 0, 0, [], [event]))) for n, event in enumerate(events, 1)]
        return verify_records([*payloads[:-1], *more]).problem

    assert before.problem == told(bust) == told(paid_out, bust) == ""
    assert "account A3 has -" in told(paid_out, paid_out)


def test_an_event_that_is_missing_changes_the_hash(payloads: Payloads) -> None:
    for at, (_, payload) in enumerate(payloads):
        if any(isinstance(event, Deposited) for event in decode_record(payload).events):
            assert "hashes to" in verify_records([*payloads[:at], *payloads[at + 1 :]]).problem
            return


def _changed(payloads: Payloads, kind: str, **fields: Any) -> Payloads:
    """The first record with an event of ``kind``, its event changed; no hash after it."""
    for at, (seq, payload) in enumerate(payloads):
        record = decode_record(payload)
        for i, event in enumerate(record.events):
            if type(event).__name__ == kind:
                for name, value in fields.items():
                    record.events[i] = type(event)(
                        *(value if field == name else getattr(event, field) for field in event.__struct_fields__)
                    )
                return [*payloads[:at], (seq, encode_record(record)), *payloads[at + 1 : -1]]
    raise AssertionError(kind)


def test_a_hold_beyond_the_balance_is_found(payloads: Payloads) -> None:
    found = verify_records(_changed(payloads, "Deposited", amount=1)[: _at(payloads, "TradeExecuted") - 1])
    assert "account A2 has 0.00000001 USDT and holds 50.1 of it" in found.problem


def _at(payloads: Payloads, kind: str) -> int:
    """The sequence of the first record with an event of ``kind``."""
    return next(
        seq for seq, payload in payloads if any(type(it).__name__ == kind for it in decode_record(payload).events)
    )


def test_a_withdrawal_of_more_than_there_is_is_found(payloads: Payloads) -> None:
    found = verify_records(_changed(payloads, "Deposited", amount=-1)[: _at(payloads, "OrderAccepted") - 1])
    assert "account A2 has -0.00000001 USDT" in found.problem


def test_a_record_that_does_not_fit_is_named(payloads: Payloads) -> None:
    found = verify_records([(1, payloads[-3][1])])
    assert found.problem.startswith("the record at sequence 1 does not fit")


@pytest.mark.parametrize("command", ["dump", "verify"])
def test_a_journal_that_is_not_there_is_told_in_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", command, "--data-dir", str(tmp_path)]) == 3
    assert capsys.readouterr().err == f"tradeengine: there is no journal at {tmp_path / 'journal'}\n"


@pytest.mark.parametrize("command", ["dump", "verify"])
def test_damage_is_told_with_its_place(
    command: str, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(data_dir / "journal", tmp_path / "journal")
    segment = tmp_path / "journal" / segment_name(1)
    content = bytearray(segment.read_bytes())
    content[content.index(b"USDT")] ^= 1
    segment.write_bytes(content)
    assert main(["journal", command, "--data-dir", str(tmp_path)]) == 3
    error = capsys.readouterr().err
    assert error.startswith("tradeengine: journal damaged in segment ")
    assert error.count("\n") == 1
    assert "sequence" in error


def test_an_account_that_counts_orders_which_no_book_has_is_found(
    payloads: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Book, "open_orders", lambda self, account_id: [])
    resting = payloads[: _at(payloads, "OrderAccepted")]
    assert "are in the books" in verify_records(resting).problem


def test_a_hold_that_no_open_order_has_is_found(payloads: Payloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "open_orders", lambda self: [])
    resting = payloads[: _at(payloads, "OrderAccepted")]
    assert "but its open orders hold" in verify_records(resting).problem
