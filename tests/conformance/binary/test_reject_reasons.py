"""Every RejectReason that a client of the binary port can be told of, provoked over a socket on a whole venue."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import venue_in_process as venues
import yaml
from binary_gateway import Gateway, gateway
from schema_client import SchemaCodec

from actors.account import AccountActor
from actors.book import BookActor
from config.trading import ProtectionConfig
from engine.types import SCALE, TradingPhase
from gateways.binary import soup
from gateways.binary.reject_reasons import RejectReason
from gateways.binary.schema.artifacts import ORDER_ENTRY
from gateways.binary.schema.model import Block, Composite
from gateways.binary.schema.reader import read

CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("reject_reasons.yaml").read_text())
PARTS_FAIL = {RejectReason.ACCOUNT_SUSPENDED, RejectReason.SYSTEM_ERROR, RejectReason.BOOK_FAILED}
"""No client can bring these about: a part of the venue has to crash. They are provoked by such a crash, below."""
UNNAMED = {RejectReason.OTHER}
"""No refusal has it: it is for clients of a version that does not know the number that comes."""
SCHEMA = read(ORDER_ENTRY)
CODEC = SchemaCodec(SCHEMA)
PLAIN: dict[str, Any] = {
    "Price": 100, "OrderQty": 1, "SecurityID": 1, "Side": "Buy", "OrdType": "Limit", "TimeInForce": "GoodTillCancel",
}  # fmt: skip
SESSIONS: dict[str, dict[str, Any]] = {
    "NEW1": {"accounts": ["A2", "A4"]},
    "NEW2": {"accounts": ["A3"], "default_account": "A3"},
    "NEW3": {"accounts": ["A2", "A3"], "default_account": ""},
}
LIST: dict[str, Any] = {"SecurityID": 1, "ContingencyType": "OneCancelsOther"}


def camel(reason: RejectReason) -> str:
    return "".join(word.capitalize() for word in reason.name.split("_"))


def settings(directory: Path) -> Any:
    """The instruments and accounts that the cases speak of."""
    chosen = venues.settings(directory, open_orders_per_account_max=3)
    plain, other = chosen.instruments

    def listed(symbol: str, **changes: Any) -> Any:
        return msgspec.structs.replace(plain, symbol=f"{symbol}/USDT", base=symbol, **changes)

    guards = ProtectionConfig(price_limit_rate=SCALE // 2, collar_rate=SCALE // 20)
    instruments = [
        plain,
        other,
        listed("LIM", min_notional=10 * SCALE, protection=guards, orders_per_side_max=1),
        listed("NEW", reference_px=0),
        listed("PRE", phase=TradingPhase.PRE_OPEN),
    ]
    balances = {**chosen.accounts[0].balances, "LIM": 1000 * SCALE, "NEW": 1000 * SCALE}
    accounts = [msgspec.structs.replace(account, balances=balances) for account in chosen.accounts]
    accounts[2] = msgspec.structs.replace(accounts[2], max_order_qty=5 * SCALE, max_order_notional=100 * SCALE)
    return msgspec.structs.replace(chosen, instruments=instruments, accounts=accounts)


class Client:
    """One logged in session's socket."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._rest = b""
        self._packets: list[tuple[int, bytes]] = []

    async def log_in(self, user: str) -> None:
        await self._stream.send_all(soup.login_request(soup.LoginRequest(user, "secret", "", 1)))
        assert (await self._packet())[0] == soup.LOGIN_ACCEPTED

    async def send(self, *payloads: bytes) -> None:
        await self._stream.send_all(b"".join(soup.packet(soup.UNSEQUENCED_DATA, payload) for payload in payloads))

    async def message(self) -> tuple[str, dict[str, Any]]:
        """The next one."""
        while True:
            _, payload = await self._packet()
            if payload and (told := CODEC.decode(payload)):
                return told

    async def _packet(self) -> tuple[int, bytes]:
        with trio.fail_after(60):
            while not self._packets:
                data = await self._stream.receive_some(65536)
                assert data, "the venue closed the connection"
                found = soup.split(self._rest + data, soup.PAYLOAD_MAX + 1)
                self._packets, self._rest = list(found.packets), found.rest
        return self._packets.pop(0)


class Stage:
    """A venue and its clients."""

    def __init__(self, venue: Gateway) -> None:
        self._venue = venue
        self._clients: dict[str, Client] = {}
        self._names: dict[str, int] = {}

    async def open(self) -> None:
        for user, more in SESSIONS.items():
            await self._venue.open_session(comp_id=user, **more)
            self._clients[user] = Client(await self._venue.stream())
            await self._clients[user].log_in(user)
            self._names[user] = 0

    async def play(self, step: dict[str, Any]) -> set[str]:
        """The reasons of the refusals that come of one step."""
        ((words, fields),) = step.items()
        if words.startswith("post "):
            status, answer = await self._venue.desk.post(f"/admin/{words.removeprefix('post ')}", fields)
            assert status == 200, answer
            return set()
        *users, name = words.split()
        return await self.send(name, users[0] if users else "NEW1", **fields)

    async def send(self, name: str, user: str = "NEW1", **fields: Any) -> set[str]:
        client = self._clients[user]
        query = CODEC.encode("OrderStatusRequest", OrdStatusReqID=1, ClOrdID=999)
        await client.send(self._encoded(name, user, fields), query)
        reasons: set[str] = set()
        while True:
            message, values = await client.message()
            assert message != "MessageReject", values
            if message in ("OrderStatus", "OrderUnknown"):
                return reasons
            if reason := values.get("RejectReason"):
                reasons.add(reason)

    def _encoded(self, name: str, user: str, fields: dict[str, Any]) -> bytes:
        message = next(each for each in SCHEMA.messages if each.name == name)
        if name != "NewList":
            return CODEC.encode(name, **self._filled(message, user, PLAIN | fields))
        (group,) = message.groups
        values = self._filled(message, user, LIST | fields)
        values[group.name] = [self._filled(group, user, PLAIN | leg) for leg in fields["Legs"]]
        return CODEC.encode(name, **values)

    def _filled(self, block: Block, user: str, fields: dict[str, Any]) -> dict[str, Any]:
        self._names[user] += 1
        values: dict[str, Any] = {"ClOrdID": self._names[user], "ListID": self._names[user]} | fields
        known = {field.name: field.type for field in block.fields}
        return {
            name: int(Decimal(str(value)) * SCALE) if isinstance(known[name], Composite) else value
            for name, value in values.items()
            if name in known
        }


@pytest.mark.parametrize("reason", CASES)
async def test_a_client_is_told(reason: str, tmp_path: Path) -> None:
    async with gateway(tmp_path, chosen=settings(tmp_path)) as venue:
        stage = Stage(venue)
        await stage.open()
        *before, last = CASES[reason]
        for step in before:
            assert await stage.play(step) == set()
        assert reason in await stage.play(last)


async def test_a_part_that_crashes_and_one_that_has_failed_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway(tmp_path, chosen=settings(tmp_path)) as venue:
        stage = Stage(venue)
        await stage.open()
        for kind, failed in ((BookActor, RejectReason.BOOK_FAILED), (AccountActor, RejectReason.ACCOUNT_SUSPENDED)):
            told: list[str] = []
            with monkeypatch.context() as patched:
                patched.setattr(kind, "on_batch", crashing)
                while camel(failed) not in told:
                    told += await stage.send("NewOrder")
                    await venues.at_rest(venue.desk.running)
            assert set(told[:-1]) == {camel(RejectReason.SYSTEM_ERROR)}
            assert await stage.send("NewOrder") == {camel(failed)}


def crashing(actor: Any, batch: Any) -> None:
    """The message that is taken is to blame."""
    for _ in batch:
        raise RuntimeError("made to crash")


def test_no_reason_is_left_out() -> None:
    provoked = set(CASES) | {camel(reason) for reason in PARTS_FAIL | UNNAMED}
    assert provoked == {camel(reason) for reason in RejectReason}
