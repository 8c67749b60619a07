"""Nobody learns of a trade from market data before its parties have been told (design §7.9)."""

from __future__ import annotations

from typing import Any

from engine_builders import genesis, image, instrument, opened_session

from actors.market_data import Feed
from actors.messages import Entry
from actors.publisher import CHUNK, PublisherActor
from actors.runtime import Mailbox
from engine import events as ev
from engine.fold import VenueState


class Heard(Mailbox[Any]):
    """A mailbox that notes the order in which everyone is told."""

    __slots__ = ("heard",)

    def __init__(self, name: str, heard: list[tuple[str, Any]]) -> None:
        super().__init__(name, 1000)
        self.heard = heard

    def tell_first(self, message: Any) -> None:
        self.heard.append((self.name, message))


def publisher(heard: list[tuple[str, Any]]) -> PublisherActor:
    state = VenueState()
    for seq, record in enumerate(genesis([instrument()], {2: {}, 3: {}}, [opened_session(1)]), 1):
        state.apply(seq, record)
    accounts: dict[int, Mailbox[Any]] = {key: Heard(f"account {key}", heard) for key in (1, 2, 3)}
    ports: dict[int, Mailbox[Any]] = {1: Heard("port 1", heard)}
    return PublisherActor(state.directory, accounts, ports, lambda reason: None, 10, Heard("market data", heard))


def entries(count: int) -> list[Entry]:
    accepted = ev.OrderAccepted(image())
    return [Entry(10 + n, ev.Record(n, 1, 0, 0, [n], [accepted]), None) for n in range(1, count + 1)]


def test_market_data_is_told_last_of_all_and_once_a_batch() -> None:
    heard: list[tuple[str, Any]] = []
    told = entries(3)
    publisher(heard).on_batch(iter([*told, Entry(13, None, lambda seq: heard.append(("done", seq)))]))
    assert [name for name, _ in heard] == ["account 2", "port 1", "market data", "done"]
    assert dict(heard)["market data"] == Feed(told)


def test_its_batches_are_the_publishers_chunks() -> None:
    heard: list[tuple[str, Any]] = []
    batch = iter(entries(CHUNK + 1))
    actor = publisher(heard)
    actor.on_batch(batch)
    actor.on_batch(batch)
    feeds = [message for name, message in heard if name == "market data"]
    assert [len(feed.entries) for feed in feeds] == [CHUNK, 1]


def test_a_batch_without_records_is_not_told() -> None:
    heard: list[tuple[str, Any]] = []
    publisher(heard).on_batch(iter([Entry(10, None, lambda seq: None)]))
    assert heard == []
