"""Settings of ``tradeengine relay``: the venue that it listens to, its own port, and who may listen there."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from config.credentials import hash_password
from config.keys import KEY_ID
from config.kinds import Credential, HmacKey, Integer, Number, PublicKey, Switch, Text
from config.listening import (
    DEFAULT_HOST,
    BytesSetting,
    CountSetting,
    FileSetting,
    HostSetting,
    PortSetting,
    TimeoutSetting,
    TlsSettings,
)
from config.profile import RateConfig
from config.schema import Discreet

StreamSetting: TypeAlias = Literal["ORDERS", "LEVELS"]
UsernameSetting: TypeAlias = Annotated[str, Text(r"[A-Za-z0-9]{1,6}", "1 to 6 letters and digits")]
SoupPasswordSetting: TypeAlias = Annotated[
    str, Text(r"[!-~]{0,10}", "1 to 10 ASCII characters without spaces", secret=True)
]
_PRIVATE_KEY = Text(rf"({KEY_ID}:[A-Za-z0-9+/]{{43}}=)?", "an Ed25519 private key id:base64, or nothing", secret=True)
_SECRET = Text(rf"({KEY_ID}:[A-Za-z0-9+/]+={{0,2}})?", "a secret id:base64, or nothing", secret=True)


class UpstreamSettings(Discreet, frozen=True, kw_only=True):
    """The venue's market data port, and who the relay is there."""

    host: Annotated[str, Text(r"[0-9A-Za-z.:_%-]{1,253}", "an IP address or a host name")] = DEFAULT_HOST
    port: Annotated[int, Integer(1, 65535)] = 9901
    username: Annotated[str, Text(r"[A-Za-z0-9]{0,6}", "1 to 6 letters and digits")] = ""
    """A SOUPBIN session of the venue with the right market_data."""
    password: SoupPasswordSetting = ""
    private_key: Annotated[str, _PRIVATE_KEY] = ""
    """Signs the relay's logins where the session has keys: Ed25519."""
    hmac_key: Annotated[str, _SECRET] = ""
    """Or by HMAC-SHA-256."""
    tls: Annotated[bool, Switch()] = False
    tls_ca: FileSetting = ""
    """PEM: the authorities that vouch for the venue; empty = those that the system trusts."""
    tls_hostname: Annotated[str, Text(r"[0-9A-Za-z.:_-]{0,253}", "a host name, or nothing")] = ""
    """The name on the venue's certificate; empty = host."""
    tls_certificate: FileSetting = ""
    """PEM: what the relay shows the venue; empty = nothing."""
    tls_key: FileSetting = ""
    connect_timeout_s: TimeoutSetting = 5.0
    silence_max_s: TimeoutSetting = 5.0
    """The venue's heartbeats come every second: a connection that is silent for so long is given up."""
    snapshot_timeout_s: TimeoutSetting = 30.0
    """For a snapshot to come, connection and login included."""
    retry_first_s: Annotated[float, Number(0.01, 60)] = 0.1
    """Before the first attempt to come back; each wait is twice the one before."""
    retry_longest_s: Annotated[float, Number(0.01, 60)] = 2.0


class SubscriberConfig(Discreet, frozen=True, kw_only=True):
    """Who may listen to a relay."""

    username: UsernameSetting
    password: SoupPasswordSetting = ""
    """In plain text: for demonstrations."""
    password_hash: Annotated[str, Credential()] = ""
    """Its salted hash, instead of the password."""
    public_keys: list[Annotated[str, PublicKey()]] = msgspec.field(default_factory=list)
    """Ed25519 keys, any of which may sign a login."""
    hmac_keys: list[Annotated[str, HmacKey()]] = msgspec.field(default_factory=list)
    """Secrets, any of which may sign a login by HMAC-SHA-256."""
    certificate: Annotated[str, Text(r"([0-9a-f]{64})?", "a certificate's SHA-256, 64 lower-case hex digits")] = ""
    """That of the client certificate that the connection must show, beside what else there is."""
    rate: RateConfig = RateConfig()
    """None: any. There is little that a listener can say."""
    enabled: Annotated[bool, Switch()] = True

    def credential(self, salt: bytes) -> str:
        """What a login is verified against: the configured hash, or the password's with this salt of 8 to 64 bytes;
        empty where there is no password."""
        return self.password_hash or (hash_password(self.password, salt) if self.password else "")


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Market data of a venue, handed on by a process of its own."""

    upstream: UpstreamSettings = UpstreamSettings()
    streams: list[StreamSetting] = msgspec.field(default_factory=lambda: ["ORDERS", "LEVELS"])
    """Those that are relayed; CONFLATED is made of LEVELS."""
    host: HostSetting = DEFAULT_HOST
    port: PortSetting = 9911
    plain: Annotated[bool, Switch()] = True
    """Whether there is a port without TLS."""
    tls_port: PortSetting = 9913
    """Where clients speak TLS; listened on if tls.certificate is given."""
    tls: TlsSettings = TlsSettings()
    metrics_host: HostSetting = DEFAULT_HOST
    metrics_port: PortSetting = 9465
    """Where metrics and health are told, over HTTP."""
    outage_max_s: TimeoutSetting = 10.0
    """Clients are kept for so long without the venue, and then told that it is gone."""
    replay_bytes: Annotated[int, Integer(8 * 2**20, 2**34)] = 64 * 2**20
    """How much of each stream can be sent again to who comes back, and behind a snapshot to who joins."""
    backfill_max: Annotated[int, Integer(0, 100_000_000)] = 100_000
    """Messages of before its start that a relay asks the venue for, so that clients of one before it can go on."""
    snapshot_lag_max: Annotated[int, Integer(20_000, 100_000_000)] = 100_000
    """Messages since a snapshot, after which the next joiner is shown a new one."""
    heartbeat_interval_s: Annotated[float, Number(0.1, 60)] = 1.0
    client_timeout_s: Annotated[float, Number(1, 3600)] = 15.0
    """A client of which nothing was heard for this long is disconnected."""
    login_timeout_s: TimeoutSetting = 10.0
    """How long a new connection may stay without a completed login."""
    packet_length_max: Annotated[int, Integer(64, 65535)] = 2048
    """Bytes of the longest packet that a client may send."""
    connections_max: CountSetting = 4096
    """Connections, logged on or not; further ones are closed as they come."""
    connections_per_subscriber_max: CountSetting = 64
    buffer_max: BytesSetting = 8 * 2**20
    """Unsent bytes at which a client that does not read is disconnected."""
    replay_stall_timeout_s: TimeoutSetting = 30.0
    """A client that reads nothing of its snapshot or replay for this long is disconnected."""
    close_timeout_s: TimeoutSetting = 1.0
    """How long a closing connection waits for the client to read what was sent."""
    conflation_interval_s: Annotated[float, Number(0.01, 60)] = 0.25
    """Conflated market data tells of an instrument at most once in so long."""
    conflation_checksum_every: Annotated[int, Integer(0, 1_000_000, "0 = none")] = 16
    """Updates of an instrument's conflated book from one checksum to the next."""
    subscribers: list[SubscriberConfig] = msgspec.field(default_factory=list)
