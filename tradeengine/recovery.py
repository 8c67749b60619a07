"""From disk to state: open the journal, replay it, seed it from the configuration."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from config.settings import Settings
from engine.events import Event, Record
from engine.fold import VenueState
from engine.market_data.limits import MarketDataLimits
from engine.market_data.market import MarketData
from engine.wire import decode_record, encode_record
from stores.journal.journal import Journal
from stores.journal.log import Log
from stores.journal.options import JournalOptions
from tradeengine.seed import events_for

_ENTROPY_BYTES = 16


class Recovered(msgspec.Struct):
    """An open journal and the state that it tells."""

    journal: Journal
    state: VenueState
    market: MarketData
    replayed: int
    """Records that were replayed."""
    seconds: float


def recover(settings: Settings, log: Log, entropy: Callable[[int], bytes] = os.urandom) -> Recovered:
    """Open the journal, replay it whole, and append what the configuration adds.

    ``entropy`` gives bytes that nobody outside can foretell: salts, and what the books' draws are made of.

    Raises:
        JournalDamaged, JournalLocked, JournalFailed, ConfigurationConflict.
    """
    options = JournalOptions(
        directory=settings.journal_dir,
        durability=settings.journal.durability,
        segment_bytes=settings.journal.segment_bytes,
    )
    journal = Journal.open(options, log=log)
    state = VenueState(int.from_bytes(entropy(_ENTROPY_BYTES), "big"))
    market = MarketData(market_data_limits(settings))
    started = time.perf_counter()
    state.on_public = market.replay
    replayed = 0
    with _collector_off():
        for first_seq, payloads in journal.read_batches(1):
            for seq, payload in enumerate(payloads, first_seq):
                state.apply(seq, decode_record(payload))
            replayed += len(payloads)
    state.on_public = None
    market.seq, market.time_ns = state.seq, state.time_ns
    seconds = time.perf_counter() - started
    _seed(settings, journal, state, market, entropy)
    return Recovered(journal, state, market, replayed, seconds)


def market_data_limits(settings: Settings) -> MarketDataLimits:
    """How much history market data keeps."""
    keeps = settings.market_data
    return MarketDataLimits(
        trades_per_symbol=keeps.trades_kept,
        candles_per_interval=keeps.candles_kept,
        checksum_every=keeps.checksum_every,
    )


@contextmanager
def _collector_off() -> Iterator[None]:
    """Replay builds what stays and leaves no circles: looking for garbage meanwhile finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _seed(
    settings: Settings, journal: Journal, state: VenueState, market: MarketData, entropy: Callable[[int], bytes]
) -> None:
    events: list[Event] = events_for(settings, state.directory, entropy)
    if not events:
        return
    now = max(time.time_ns(), state.time_ns)
    records = [Record(now, 0, 0, 0, [], [event]) for event in events]
    first_seq = journal.next_seq
    journal.commit([encode_record(record) for record in records])
    for seq, record in enumerate(records, first_seq):
        state.apply(seq, record)
        market.apply(seq, record)


def read_records(journal: Journal, first: int, last: int) -> Iterator[tuple[int, Record]]:
    """Durable records ``first``..``last`` (as far as there are)."""
    for seq, payload in journal.read(first, min(last, journal.durable_seq)):
        yield seq, decode_record(payload)
