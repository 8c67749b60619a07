"""What a configuration seeds an empty journal with: instruments, firms, accounts and sessions.

Prices, quantities, amounts and rates are written as decimals and held as ``int`` at scale 10^-8, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, TypeAlias, cast

import msgspec

from config.credentials import hash_password
from config.kinds import (
    Credential,
    Fixed,
    HmacKey,
    Integer,
    IsoDate,
    PublicKey,
    Switch,
    Text,
    TimeOfDay,
    TimeZone,
    Word,
)
from config.profile import CancelConfig, RateConfig, SessionScheduleConfig
from config.schema import Discreet
from config.trading import PhaseSetting, ProtectionConfig, RateSetting, ScheduleEntry
from engine.instrument import Instrument
from engine.session_profile import Rights, SessionProfile, UnknownTags
from engine.types import INT64_MAX, SCALE, InstrumentStatus, TradingPhase
from engine.venue_events import SessionOpened

PriceSetting: TypeAlias = Annotated[int, Fixed(0, INT64_MAX, "a price from 0 to 92233720368.54775807")]
StepSetting: TypeAlias = Annotated[int, Fixed(1, INT64_MAX, "a number from 0.00000001 to 92233720368.54775807")]
QtySetting: TypeAlias = Annotated[int, Fixed(0, INT64_MAX, "a quantity from 0 to 92233720368.54775807 (0 = no limit)")]
AmountSetting: TypeAlias = Annotated[int, Fixed(0, None, "an amount of 0 or more")]
OrdersSetting: TypeAlias = Annotated[int, Integer(0, 10_000_000, "0 = any number")]

SymbolSetting: TypeAlias = Annotated[str, Text(r"[!-~]{1,16}", "a symbol of 1 to 16 ASCII characters without spaces")]
AssetSetting: TypeAlias = Annotated[str, Text(r"[A-Za-z0-9._-]{1,16}", "an asset of 1 to 16 of A-Z a-z 0-9 . _ -")]
NameSetting: TypeAlias = Annotated[str, Text(r"[A-Za-z0-9._-]{1,16}", "a name of 1 to 16 of A-Z a-z 0-9 . _ -")]
OptionalNameSetting: TypeAlias = Annotated[
    str, Text(r"[A-Za-z0-9._-]{0,16}", "a name of 1 to 16 of A-Z a-z 0-9 . _ -, or nothing")
]
CompIdSetting: TypeAlias = Annotated[str, Text(r"[!-~]{1,32}", "1 to 32 ASCII characters without spaces")]
OptionalCompIdSetting: TypeAlias = Annotated[
    str, Text(r"[!-~]{0,32}", "1 to 32 ASCII characters without spaces, or nothing")
]
PasswordSetting: TypeAlias = Annotated[
    str, Text(r"[!-~]{0,64}", "1 to 64 ASCII characters without spaces", secret=True)
]
Protocol: TypeAlias = Literal["FIX.4.2", "FIX.4.4", "FIXT.1.1", "SOUPBIN"]

SOUPBIN: Final = "SOUPBIN"

BEGINNINGS: Final = ("status", "phase", "reference_px")
"""What an instrument is listed with; from then on trading and operators change it."""


class InstrumentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is traded and by which rules."""

    symbol: SymbolSetting
    """What orders name, FIX tag 55."""
    base: AssetSetting
    """The asset that a buyer gets; quantities are in it."""
    quote: AssetSetting
    """The asset that a buyer pays with; prices, notionals and fees are in it."""
    tick_size: StepSetting
    """Prices are multiples of it. tick_size × lot_size is a multiple of 10^-8, so every notional is exact."""
    lot_size: StepSetting
    """Quantities are multiples of it."""
    min_qty: StepSetting
    """Smallest quantity of an order; a multiple of lot_size."""
    max_qty: StepSetting
    """Largest quantity of an order."""
    min_notional: AmountSetting = 0
    """Smallest price × quantity of an order, in the quote asset."""
    maker_fee: RateSetting = 0
    """Fraction of a fill's notional that the resting side pays."""
    taker_fee: RateSetting = 0
    """Fraction of a fill's notional that the incoming side pays."""
    protection_band: RateSetting = SCALE // 10
    """How far from the reference price a market order may trade, as a fraction of it."""
    reference_px: PriceSetting = 0
    """The reference price before anything has traded, a multiple of tick_size; 0 = none: no market orders till then."""
    daily_roll: Annotated[str, TimeOfDay()] = "00:00"
    """Local time at which DAY orders expire."""
    time_zone: Annotated[str, TimeZone()] = "UTC"
    """The zone in which daily_roll, schedule and holidays are read."""
    status: InstrumentStatus = InstrumentStatus.ACTIVE
    """Whether new orders are taken; cancels always are."""
    phase: PhaseSetting = TradingPhase.CONTINUOUS
    """The phase in which it is listed; without a schedule it stays there until an operator says otherwise."""
    schedule: list[ScheduleEntry] = msgspec.field(default_factory=list)
    """By time of day; empty = no schedule."""
    holidays: list[Annotated[str, IsoDate()]] = msgspec.field(default_factory=list)
    """Days on which it stays closed; DAY orders expire all the same."""
    protection: ProtectionConfig = ProtectionConfig()
    orders_per_side_max: OrdersSetting = 0
    """Orders that may rest on one side of the book."""
    orders_per_account_max: OrdersSetting = 0
    """Open orders that one account may have in the book."""

    def to_instrument(self, symbol_id: int) -> Instrument:
        """The engine's instrument; the values are those that :mod:`config.rules` has passed."""
        converted = {
            "schedule": [entry.to_session() for entry in self.schedule],
            "protection": self.protection.to_protection(),
        }
        return Instrument(symbol_id=symbol_id, **(msgspec.structs.asdict(self) | converted))

    @classmethod
    def of(cls, instrument: Instrument) -> InstrumentConfig:
        """The configuration that gives ``instrument``."""
        plain = {name: getattr(instrument, name) for name in cls.__struct_fields__}
        plain["schedule"] = [ScheduleEntry.of(session) for session in instrument.schedule]
        plain["protection"] = ProtectionConfig.of(instrument.protection)
        return cls(**plain)


class FirmConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the venue: owns accounts and sessions."""

    name: NameSetting
    description: Annotated[str, Text(r"[^\x00-\x1f\x7f]{0,128}", "at most 128 printable characters")] = ""
    """For people."""


class AccountConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A cash account and its opening balances."""

    name: NameSetting
    """FIX tag 1."""
    firm: NameSetting
    balances: dict[AssetSetting, AmountSetting] = msgspec.field(default_factory=dict)
    """Opening balance by asset."""
    max_order_qty: QtySetting = 0
    """Largest quantity of one order, in the base asset; 0 = no limit but the instrument's."""
    max_order_notional: AmountSetting = 0
    """Largest price × quantity of one order, in the quote asset; 0 = no limit."""
    blocked: Annotated[bool, Switch()] = False
    """Takes no new orders; cancels still pass."""


class SessionConfig(Discreet, frozen=True, kw_only=True):
    """A client's session. Protocol, comp_id and target_comp_id are its identity."""

    protocol: Protocol
    """FIX BeginString, or SOUPBIN for the binary port."""
    comp_id: CompIdSetting
    """The client's SenderCompID, FIX tag 49; for SOUPBIN its user name of at most 6 characters."""
    target_comp_id: OptionalCompIdSetting = ""
    """The TargetCompID, FIX tag 56, that the client sends; empty = fix.comp_id. Not for SOUPBIN."""
    username: OptionalCompIdSetting = ""
    """FIX tag 553; empty = the comp_id. Not for SOUPBIN."""
    password: PasswordSetting = ""
    """In plain text: for demonstrations. It is hashed when the journal is seeded."""
    password_hash: Annotated[str, Credential()] = ""
    """Its salted hash, instead of the password."""
    public_keys: list[Annotated[str, PublicKey()]] = msgspec.field(default_factory=list)
    """Ed25519 keys, any of which may sign a logon."""
    hmac_keys: list[Annotated[str, HmacKey()]] = msgspec.field(default_factory=list)
    """Secrets, any of which may sign a logon by HMAC-SHA-256. The journal holds them sealed."""
    certificate: Annotated[str, Text(r"([0-9a-f]{64})?", "a certificate's SHA-256, 64 lower-case hex digits")] = ""
    """That of the client certificate that the connection must show, beside what else the session has."""
    firm: NameSetting
    accounts: list[NameSetting] = msgspec.field(default_factory=list)
    """The accounts, of the same firm, that the session may trade for."""
    default_account: OptionalNameSetting = ""
    """The account of orders that name none; empty = such orders are rejected."""
    enabled: Annotated[bool, Switch()] = True
    """Whether it may log on."""
    rights: list[Annotated[Rights, Word(Rights)]] = msgspec.field(
        default_factory=lambda: [Rights.TRADE, Rights.MARKET_DATA]
    )
    """What it is for."""
    copies_of: list[NameSetting] = msgspec.field(default_factory=list)
    """The firms whose reports a drop copy carries; none = the session's own."""
    cancel_on_disconnect: CancelConfig = CancelConfig()
    rate: RateConfig = RateConfig()
    schedule: SessionScheduleConfig = SessionScheduleConfig()
    reset_on_logon: Annotated[bool, Switch()] = False
    """Sequence numbers start from 1 at every logon."""
    reset_on_logout: Annotated[bool, Switch()] = False
    """They do after a Logout."""
    reset_on_disconnect: Annotated[bool, Switch()] = False
    """They do after a connection has ended in whatever way."""
    unknown_tags: Annotated[UnknownTags, Word(UnknownTags)] = UnknownTags.REJECT
    """What becomes of a field that the session's dictionary does not define."""
    last_processed: Annotated[bool, Switch()] = False
    """Every message of the venue says LastMsgSeqNumProcessed, FIX tag 369."""
    reissue_on_reset: Annotated[bool, Switch()] = False
    """After a client's 141=Y too, reports that it is not known to have are sent again."""

    def profile(self, sealed_keys: Sequence[str]) -> SessionProfile:
        """The engine's; ``sealed_keys`` are the hmac_keys as the journal holds them."""
        return SessionProfile(
            rights=sum(dict.fromkeys(self.rights)),
            cancel_on_disconnect=self.cancel_on_disconnect.mode,
            cancel_window_ms=self.cancel_on_disconnect.window_ms,
            rate_per_s=self.rate.per_second,
            rate_burst=self.rate.burst,
            rate_action=self.rate.action,
            copies_of=tuple(self.copies_of),
            public_keys=tuple(self.public_keys),
            hmac_keys=tuple(sealed_keys),
            certificate=self.certificate,
            schedule=self.schedule.to_schedule(),
            reset_on_logon=self.reset_on_logon,
            reset_on_logout=self.reset_on_logout,
            reset_on_disconnect=self.reset_on_disconnect,
            unknown_tags=self.unknown_tags,
            last_processed=self.last_processed,
            reissue_on_reset=self.reissue_on_reset,
        )

    @classmethod
    def of(cls, session: SessionOpened, account_names: Mapping[int, str]) -> SessionConfig:
        """The configuration that gives ``session``, but for the HMAC keys: it has them as the journal does, sealed."""
        profile = session.profile
        return cls(
            protocol=cast(Protocol, session.protocol),
            comp_id=session.comp_id,
            target_comp_id=session.target_comp_id,
            username="" if session.protocol == SOUPBIN else session.username,
            password_hash=session.credential,
            public_keys=list(profile.public_keys),
            hmac_keys=list(profile.hmac_keys),
            certificate=profile.certificate,
            firm=session.firm,
            accounts=[account_names[account_id] for account_id in session.account_ids],
            default_account=account_names.get(session.default_account_id, ""),
            enabled=session.enabled,
            rights=[right for right in Rights if right & profile.rights],
            copies_of=list(profile.copies_of),
            cancel_on_disconnect=CancelConfig(
                mode=profile.cancel_on_disconnect, window_s=profile.cancel_window_ms / 1000
            ),
            rate=RateConfig(per_second=profile.rate_per_s, burst=profile.rate_burst, action=profile.rate_action),
            schedule=SessionScheduleConfig.of(profile.schedule),
            reset_on_logon=profile.reset_on_logon,
            reset_on_logout=profile.reset_on_logout,
            reset_on_disconnect=profile.reset_on_disconnect,
            unknown_tags=profile.unknown_tags,
            last_processed=profile.last_processed,
            reissue_on_reset=profile.reissue_on_reset,
        )

    def credential(self, salt: bytes) -> str:
        """What a log-on is verified against: the configured hash, or the password's with this salt of 8 to 64 bytes;
        empty where there is no password."""
        return self.password_hash or (hash_password(self.password, salt) if self.password else "")

    def identity(self, venue_comp_id: str) -> tuple[str, str, str]:
        """(protocol, comp_id, target_comp_id) with defaults filled in; the target is empty for SOUPBIN."""
        target = "" if self.protocol == SOUPBIN else self.target_comp_id or venue_comp_id
        return self.protocol, self.comp_id, target
