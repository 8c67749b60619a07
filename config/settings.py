"""The venue's settings: frozen structs whose defaults are those that ``default.yaml`` documents.

Units stand last in names (``_s`` seconds, ``_bytes``), a limit ends in ``_max``. The gateways define what they need in
plain structs of their own; fields of the same name are the same setting.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from config.kinds import FilePath, Integer, Number, OneOf, Switch, Text, TimeOfDay, TimeZone, VenueKey, Word
from config.listening import (
    DEFAULT_HOST,
    BytesSetting,
    CountSetting,
    HostSetting,
    PortSetting,
    TimeoutSetting,
    TlsSettings,
)
from config.reference import AccountConfig, CompIdSetting, FirmConfig, InstrumentConfig, SessionConfig
from config.relay import RelaySettings
from config.schema import Discreet
from engine.session_profile import RateAction

TOKEN: Final = Text(r"[!-~]{16,256}|", "16 to 256 ASCII characters without spaces", secret=True)
_IPV4: Final = r"\d{1,3}(\.\d{1,3}){3}"


class VenueSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The venue as a whole."""

    name: CompIdSetting = "TRADEENGINE"
    """For people: banner, logs, metrics."""
    day_roll: Annotated[str, TimeOfDay()] = "00:00"
    """Local time at which a trading day ends and ClOrdIDs, but those of open orders, may be used again."""
    time_zone: Annotated[str, TimeZone()] = "UTC"
    """The zone in which day_roll is read."""


class SecretsSettings(Discreet, frozen=True, kw_only=True):
    """How secrets that clients share with the venue are kept in the journal."""

    key: Annotated[str, VenueKey()] = ""
    """The venue's own key, which seals them: 32 bytes in base64. Where none is configured, the venue makes one when it
    needs it first and keeps it in key_file, readable by its owner only."""
    key_file: Annotated[Path, FilePath()] = Path("venue.key")
    """A relative path is read from data_dir. Who loses it has to give out new HMAC keys."""
    signature_window_s: Annotated[int, Integer(1, 3600)] = 60
    """How far the time that a client signs with its logon may be from the venue's clock."""


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how safely events are kept."""

    directory: Annotated[Path, FilePath()] = Path("journal")
    """A relative path is read from data_dir."""
    durability: Literal["fsync", "os"] = "fsync"
    """fsync: what was acknowledged survives power loss. os: it survives the process, not the machine."""
    segment_bytes: Annotated[int, Integer(2**16, 2**34, multiple_of=4096)] = 64 * 2**20
    """Size at which a new segment file is started; space for it is reserved ahead."""


class FixSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The FIX acceptor: FIX.4.2, FIX.4.4 and FIXT.1.1 with FIX 5.0 SP2."""

    enabled: Annotated[bool, Switch()] = True
    host: HostSetting = DEFAULT_HOST
    port: PortSetting = 9878
    plain: Annotated[bool, Switch()] = True
    """Whether there is a port without TLS."""
    tls_port: PortSetting = 9879
    """Where clients speak TLS; listened on if tls.certificate is given."""
    tls: TlsSettings = TlsSettings()
    comp_id: CompIdSetting = "TRADEENGINE"
    """The venue's CompID: clients send it as TargetCompID."""
    connections_max: CountSetting = 1000
    """Connections, logged on or not; further ones are closed as they come."""
    logon_timeout_s: TimeoutSetting = 10.0
    """How long a new connection may stay without a completed logon."""
    logout_timeout_s: TimeoutSetting = 5.0
    """How long the answer to the venue's Logout is waited for."""
    heartbeat_interval_max_s: Annotated[int, Integer(0, 86400)] = 3600
    """Largest HeartBtInt (108) that a Logon may ask for; 0, no heartbeats, is always allowed."""
    silence_factor: Annotated[float, Number(1, 10)] = 1.2
    """A TestRequest follows silence of this many heartbeat intervals, a disconnect as much silence again."""
    resend_timeout_s: TimeoutSetting = 30.0
    """A ResendRequest that brings no progress is repeated after this time."""
    sending_time_accuracy_s: Annotated[int, Integer(0, 86400, "0 = any")] = 120
    """How far SendingTime (52) may be from the venue's clock."""
    timestamp_digits: Annotated[int, OneOf(0, 3, 6, 9)] = 3
    """Decimals of a second in the times that the venue sends."""
    message_size_max: BytesSetting = 8192
    """Bytes of the largest inbound message."""
    incomplete_timeout_s: TimeoutSetting = 1.0
    """How long a message whose BodyLength may be wrong is waited for."""
    write_buffer_max: BytesSetting = 8 * 2**20
    """Unsent bytes at which a client that does not read is disconnected."""
    parked_messages_max: CountSetting = 10_000
    """Messages that may wait for the reports numbered before them."""
    gap_buffer_max: Annotated[int, Integer(0, 2**30, "0 = none")] = 262_144
    """Bytes of one client's messages beyond a gap that are kept until it closes."""
    resend_request_chunk: Annotated[int, Integer(0, 10**9, "0 = all")] = 0
    """Messages that the venue's ResendRequest asks for at once."""
    gap_asks_max: CountSetting = 10
    """ResendRequests of the venue for the same gap that may bring no progress, before the session ends."""
    resends_max: CountSetting = 8
    """ResendRequests of one client that may wait while an earlier one is served."""
    resend_window_s: TimeoutSetting = 60.0
    """The time within which a client's ResendRequests are counted."""
    resend_repeats_max: CountSetting = 20
    """ResendRequests for the same messages within the window; one more ends the session."""
    resend_requests_max: CountSetting = 1000
    """ResendRequests for different messages within the window."""
    resend_messages_max: Annotated[int, Integer(1, 10**12)] = 5_000_000
    """Messages asked for within the window, after which no further ResendRequest is served."""
    routes_max: CountSetting = 10_000
    """Orders of one session whose routing fields (OnBehalfOf, DeliverTo, Sub- and LocationIDs) its reports carry."""
    test_system: Annotated[bool, Switch()] = False
    """What is traded here is not real: a Logon may say so (TestMessageIndicator 464=Y), and may not deny it."""
    queries_max: CountSetting = 256
    """Status and market-data queries of one client that may be under way."""
    trade_requests_max: CountSetting = 16
    """TradeCaptureReportRequests of one client that may be under way, subscriptions included."""
    trade_reports_max: CountSetting = 10_000
    """Trades that one TradeCaptureReportRequest is answered with."""
    symbols_per_request_max: CountSetting = 100
    """Symbols in one MarketDataRequest."""
    market_depth_max: CountSetting = 1000
    """Price levels per side in market data; MarketDepth (264) of 0 gives this many."""
    subscriptions_max: CountSetting = 1000
    """Instruments that one client may listen to at a time, counted once for each request."""
    trades_waiting_max: CountSetting = 10_000
    """Trades of one instrument that may wait for a client that reads too slowly; beyond, it gets a new snapshot."""
    conflation_backlog_max: BytesSetting = 262_144
    """Unsent bytes of one client at which its market data waits, and its later changes join what waits."""
    rate_per_s: Annotated[int, Integer(0, 1_000_000, "0 = no limit")] = 0
    """Messages a second of sessions whose profile names no rate."""
    rate_burst: Annotated[int, Integer(0, 1_000_000, "0 = a second's worth")] = 0
    """Messages of theirs that may come at once after silence."""
    rate_action: Annotated[RateAction, Word(RateAction)] = RateAction.REJECT
    """What is done with what goes beyond: reject or disconnect."""
    tick_interval_s: Annotated[float, Number(0.01, 1)] = 0.25
    """Resolution of the heartbeat timers."""


class MoldSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Market data in datagrams, MoldUDP64, beside the market data port."""

    enabled: Annotated[bool, Switch()] = False
    stream: Literal["ORDERS", "LEVELS"] = "ORDERS"
    """Order by order, or by price."""
    address: Annotated[str, Text(r"\d{1,3}(\.\d{1,3}){3}", "an IPv4 address: a multicast group or a machine")] = (
        DEFAULT_HOST
    )
    """Where datagrams go."""
    port: Annotated[int, Integer(1, 65535)] = 9904
    """The port that they go to."""
    interface: Annotated[str, Text(f"({_IPV4})?", "an IPv4 address of this machine, or nothing")] = ""
    """The address on the network of the group; empty: the system's choice."""
    ttl: Annotated[int, Integer(0, 255)] = 1
    """Over how many routers a group's datagrams go."""
    datagram_bytes_max: Annotated[int, Integer(300, 65_507)] = 1400
    """Bytes of the longest datagram, without IP's and UDP's headers."""
    heartbeat_interval_s: Annotated[float, Number(0.01, 60)] = 1.0
    """What comes next is said when nothing else was for this long."""
    replay_bytes: BytesSetting = 64 * 2**20
    """How much can be asked for again."""
    request_host: HostSetting = DEFAULT_HOST
    request_port: PortSetting = 9905
    """Where it is asked for."""
    requests_per_s: Annotated[int, Integer(1, 1_000_000)] = 1000
    """Requests of one machine; further ones are not answered."""
    requests_total_per_s: Annotated[int, Integer(100, 1_000_000)] = 3000
    """Requests of all that are read; the system drops further ones."""
    answers_bytes_per_s: Annotated[int, Integer(65_536, 2**33)] = 4 * 2**20
    """Bytes of answers to all together; further requests are not answered."""
    sources_max: CountSetting = 1000
    """Machines whose requests are counted apart."""


class BinarySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The SoupBinTCP acceptor."""

    enabled: Annotated[bool, Switch()] = True
    host: HostSetting = DEFAULT_HOST
    port: PortSetting = 9900
    plain: Annotated[bool, Switch()] = True
    """Whether there are ports without TLS."""
    tls_port: PortSetting = 9902
    """Where clients speak TLS; listened on if tls.certificate is given."""
    tls: TlsSettings = TlsSettings()
    heartbeat_interval_s: Annotated[float, Number(0.1, 60)] = 1.0
    """The venue sends a heartbeat when it sent nothing else for this long."""
    client_timeout_s: Annotated[float, Number(1, 3600)] = 15.0
    """A client of which nothing was heard for this long is disconnected."""
    login_timeout_s: TimeoutSetting = 10.0
    """How long a new connection may stay without a completed login."""
    packet_length_max: Annotated[int, Integer(64, 65535)] = 2048
    """Bytes of the longest packet that a client may send."""
    connections_max: CountSetting = 1024
    """Connections, logged on or not; further ones are closed as they come."""
    buffer_max: BytesSetting = 8 * 2**20
    """Unsent bytes at which a client that does not read is disconnected."""
    replay_stall_timeout_s: TimeoutSetting = 30.0
    """A client that reads nothing of its replay for this long is disconnected."""
    queries_in_flight_max: CountSetting = 64
    """Unanswered queries of one client; beyond, its next messages wait."""
    close_timeout_s: TimeoutSetting = 1.0
    """How long a closing connection waits for the client to read what was sent."""
    cancel_window_max_s: Annotated[float, Number(0, 86400)] = 60.0
    """How long a client may have its orders outlive its lost connection, where its profile does not say."""
    rate_per_s: Annotated[int, Integer(0, 1_000_000, "0 = no limit")] = 0
    """Messages a second of sessions whose profile names no rate."""
    rate_burst: Annotated[int, Integer(0, 1_000_000, "0 = a second's worth")] = 0
    """Messages of theirs that may come at once after silence."""
    rate_action: Annotated[RateAction, Word(RateAction)] = RateAction.REJECT
    """What is done with what goes beyond: reject or disconnect."""
    market_data: Annotated[bool, Switch()] = True
    """Whether there is a port for market data."""
    market_data_port: PortSetting = 9901
    market_data_tls_port: PortSetting = 9903
    """Where clients speak TLS; listened on if tls.certificate is given."""
    market_data_connections_max: CountSetting = 1024
    """Connections of that port; further ones are closed as they come."""
    market_data_connections_per_session_max: CountSetting = 64
    """How often one session may be logged in there."""
    market_data_replay_bytes: BytesSetting = 64 * 2**20
    """How much of each stream can be sent again to who comes back."""
    conflation_interval_s: Annotated[float, Number(0.01, 60)] = 0.25
    """Conflated market data tells of an instrument at most once in so long."""
    conflation_checksum_every: Annotated[int, Integer(0, 1_000_000, "0 = none")] = 16
    """Updates of an instrument's conflated book from one checksum to the next."""
    mold: MoldSettings = MoldSettings()


class AdminSettings(Discreet, frozen=True, kw_only=True):
    """The operators' HTTP port: metrics, health, administration."""

    enabled: Annotated[bool, Switch()] = True
    host: HostSetting = DEFAULT_HOST
    port: PortSetting = 9464
    token: Annotated[str, TOKEN] = ""
    """What administration must present. Where none is configured, the venue makes one at its first start and keeps it
    in data_dir, readable by its owner only."""
    token_file: Annotated[str, Text(r"[^\x00]{0,4096}", "the path of a file that holds the token, or nothing")] = ""
    """A file to read the token from; a relative path is read from the working directory."""


CANCELS_PART: Final = 8
"""Cancels may go beyond the credits by this part of them: also who has used up his own, or finds all used up by others,
gets out."""


class LimitsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How much work may wait where, and what is done when a part fails."""

    credits_per_session: CountSetting = 4096
    """Commands of one session that are not yet durable; beyond, its socket is not read."""
    credits_total: Annotated[int, Integer(1, 10_000_000)] = 65536
    """The same for all sessions together."""
    mailbox_depth_max: Annotated[int, Integer(1, 100_000_000)] = 1_000_000
    """Messages waiting for one actor; the credits keep well below, so that a breach is a fault and escalates."""
    dispatch_budget: CountSetting = 1024
    """Messages that actors handle before sockets and timers get their turn."""
    watchdog_s: TimeoutSetting = 5.0
    """An actor that does not return for this long is named in the log."""
    restart_intensity: Annotated[int, Integer(0, 1000)] = 5
    """Restarts of one supervisor's children within restart_period_s; one more and it gives up and escalates."""
    restart_period_s: Annotated[float, Number(0.1, 86400)] = 10.0
    open_orders_per_account_max: Annotated[int, Integer(1, 10_000_000)] = 100_000
    """Open orders of one account; beyond, new ones are rejected."""
    book_depth_max: Annotated[int, Integer(1, 10_000)] = 1000
    """Most levels per side in a book snapshot."""
    list_legs_max: Annotated[int, Integer(3, 10)] = 10
    """Orders in one list (OCO, OTO, bracket)."""
    cascade_max: Annotated[int, Integer(1, 10_000)] = 100
    """Orders that one record may bring into a book by reaction: triggered stops, pegs that follow. What is left is done
    by the records right after it."""
    uncross_max: Annotated[int, Integer(1, 10_000)] = 500
    """Trades, expiries and cancels of an auction in one record; the same holds for the rest."""


class MarketDataSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How much history of each instrument market data keeps in memory."""

    trades_kept: Annotated[int, Integer(1, 10_000_000)] = 10_000
    """The newest trades."""
    candles_kept: Annotated[int, Integer(60, 1_000_000)] = 5_000
    """The newest candles of each interval."""
    checksum_every: Annotated[int, Integer(0, 10_000_000, "0 = never")] = 1_000
    """Changes of an instrument's book after which its listeners are told its checksum."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Structured logs on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """debug logs every order."""
    format: Literal["console", "json"] = "console"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the venue is told from outside."""

    data_dir: Annotated[Path, FilePath()] = Path("var")
    """Where the venue keeps its state; a relative path is read from the working directory."""
    venue: VenueSettings = VenueSettings()
    secrets: SecretsSettings = SecretsSettings()
    journal: JournalSettings = JournalSettings()
    fix: FixSettings = FixSettings()
    binary: BinarySettings = BinarySettings()
    admin: AdminSettings = AdminSettings()
    relay: RelaySettings = RelaySettings()
    limits: LimitsSettings = LimitsSettings()
    market_data: MarketDataSettings = MarketDataSettings()
    log: LogSettings = LogSettings()
    instruments: list[InstrumentConfig] = msgspec.field(default_factory=list)
    firms: list[FirmConfig] = msgspec.field(default_factory=list)
    accounts: list[AccountConfig] = msgspec.field(default_factory=list)
    sessions: list[SessionConfig] = msgspec.field(default_factory=list)

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / self.journal.directory
