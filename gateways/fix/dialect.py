"""What differs between the FIX versions that the gateway speaks, and nothing else: one struct per version."""

from __future__ import annotations

import msgspec

from engine.types import RestateReason

_TYPES_42 = frozenset("0123456789ABCDEFGHJKLMNPQRSTVWXYZabcdefghijklm")
_TYPES_44 = (
    _TYPES_42
    | frozenset("nopqrstuvwxyz")
    | {f"A{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    | {f"B{letter}" for letter in "ABCDEFGH"}
)
_TYPES_50SP2 = (
    _TYPES_44
    | {f"B{letter}" for letter in "IJKLMNOPQRSTUVWXYZ"}
    | {f"C{letter}" for letter in "ABCDEFGHIJKLMNOQRSTUVWXYZ"}
    | {f"D{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    | {"EA", "EB"}
)

_ORDER = ("11", "55", "54", "60", "40")
_CANCEL = ("41", "11", "55", "54", "60")
_REPRICED, _QTY_DECLINED = 3, 5
_RESTATED = {
    RestateReason.SELF_TRADE: _QTY_DECLINED,
    RestateReason.MARKET_TO_LIMIT: _REPRICED,
    RestateReason.ENTRY_CUT: _QTY_DECLINED,
}


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One version's rules, as the mappings and the session need them."""

    begin_string: str
    msg_types: frozenset[str]
    """Every MsgType (35) that the version defines: others are invalid, not merely unsupported."""
    required: dict[str, tuple[str, ...]]
    """Body tags without which an application message is refused by a session Reject (373=1)."""
    ord_rej_reasons: frozenset[int]
    """Values of 103 that the version defines; the venue's others are reported as ``ord_rej_other``."""
    ord_rej_other: int
    list_reject_reasons: frozenset[int]
    """Values of 1386; empty where a ListStatus has neither that nor ContingencyType (1385) and OrderID (37)."""
    cxl_rej_reasons: frozenset[int]
    """The same for 102."""
    cxl_rej_other: int
    session_reject_reasons: frozenset[int]
    """Values of 373 that the version defines; others are left out, as 373 is optional."""
    exec_trans_type: bool
    """ExecutionReports carry ExecTransType (20), and status reports are 20=3 instead of 150=I."""
    trade_exec_type: bool
    """Fills are ExecType F; else 1 or 2, as OrdStatus."""
    replaced_status: bool
    """OrdStatus 5 (Replaced) exists: a replaced order that has no fills has it on that report."""
    last_always: bool
    """Reports that are neither fills nor status say LastShares (32) and LastPx (31) 0, as 4.2's matrices do."""
    trade_id_tag: str
    """Where fills say which trade they are of, beside LastLiquidityInd (851): SecondaryExecID (527), TrdMatchID (880);
    empty where the version has neither."""
    auction_liquidity: str
    """LastLiquidityInd (851) of an auction's trades, as a ready field: they add and remove nothing."""
    status_fields: bool
    """Status reports repeat OrdStatusReqID (790), MassStatusReqID (584) and their number (911, 912)."""
    ord_types: frozenset[str]
    """Values of OrdType (40) that the version defines, of those that orders here have; reports leave out others."""
    tifs: frozenset[str]
    """The same for TimeInForce (59)."""
    exec_insts: frozenset[str]
    """The same for ExecInst (18)."""
    peg_offset_type: bool
    """PegOffsetType (836) exists: without it an offset (211) is a price."""
    working_indicator: bool
    """WorkingIndicator (636) and PeggedPrice (839) exist."""
    instructions: bool
    """TriggeringInstructions (1100 …), PegInstructions (1094), DisplayInstruction (1138 …), ContingencyType (1385) and
    self-match prevention (2362, 2964) exist; some take the place of ExecInst and MaxFloor."""
    mass_action_report: bool
    """OrderMassCancelReports have a number of their own, MassActionReportID (1369)."""
    restated: dict[RestateReason, int]
    """ExecRestatementReason (378)."""
    activated: int | None
    """378 of an order that has been triggered, or released by its list's entry; None: that is ExecType L."""
    sides: frozenset[str]
    """Values of Side (54) that the version defines."""
    copy_indicator: bool
    """CopyMsgIndicator (797) and Parties (453) exist, which tell a drop copy."""
    password_in_raw_data: bool
    """A Logon without 554 may carry its password in RawData (96)."""


FIX44 = Dialect(
    begin_string="FIX.4.4",
    msg_types=frozenset(_TYPES_44),
    required={
        "D": _ORDER,
        "E": ("66", "394", "68", "73"),
        "K": ("66", "60"),
        "L": ("66", "60"),
        "M": ("66",),
        "s": ("548", "549", "550", "552", "55", "60", "40"),
        "F": _CANCEL,
        "G": (*_CANCEL, "40"),
        "H": ("11", "55", "54"),
        "q": ("11", "530", "60"),
        "AF": ("584", "585"),
        "V": ("262", "263", "264", "267", "146"),
    },
    ord_rej_reasons=frozenset({*range(16), 99}),
    ord_rej_other=99,
    list_reject_reasons=frozenset(),
    cxl_rej_reasons=frozenset({*range(7), 99}),
    cxl_rej_other=99,
    session_reject_reasons=frozenset({*range(18), 99}),
    exec_trans_type=False,
    trade_exec_type=True,
    replaced_status=False,
    last_always=False,
    trade_id_tag="527",
    auction_liquidity="",
    status_fields=True,
    ord_types=frozenset("1234JKP"),
    tifs=frozenset("0123467"),
    exec_insts=frozenset("6GMPRa"),
    peg_offset_type=True,
    working_indicator=True,
    instructions=False,
    mass_action_report=False,
    restated=_RESTATED | {RestateReason.TRADE_BUSTED: 99, RestateReason.TRADE_CORRECTED: 99},
    activated=8,
    sides=frozenset("123456789ABCDEFG"),
    copy_indicator=True,
    password_in_raw_data=False,
)

FIX42 = Dialect(
    begin_string="FIX.4.2",
    # Mass cancels and mass status came with FIX 4.3; here they are an extension that 4.2 clients may use.
    msg_types=_TYPES_42 | {"q", "r", "AF"},
    required={
        **{msg_type: tags for msg_type, tags in FIX44.required.items() if msg_type != "s"},
        "D": (*_ORDER, "21"),
        "G": (*_CANCEL, "40", "21"),
    },
    ord_rej_reasons=frozenset(range(9)),
    ord_rej_other=0,
    list_reject_reasons=frozenset(),
    cxl_rej_reasons=frozenset(range(4)),
    cxl_rej_other=2,
    session_reject_reasons=frozenset(range(12)),
    exec_trans_type=True,
    trade_exec_type=False,
    replaced_status=True,
    last_always=True,
    trade_id_tag="",
    auction_liquidity="",
    status_fields=False,
    ord_types=frozenset("1234P"),
    tifs=frozenset("012346"),
    exec_insts=frozenset("6GMPR"),
    peg_offset_type=False,
    working_indicator=False,
    instructions=False,
    mass_action_report=False,
    restated=_RESTATED | {RestateReason.TRADE_BUSTED: 4, RestateReason.TRADE_CORRECTED: 4},
    activated=4,
    sides=frozenset("123456789"),
    copy_indicator=False,
    password_in_raw_data=True,
)

FIX50SP2 = msgspec.structs.replace(
    FIX44,
    begin_string="FIXT.1.1",
    msg_types=frozenset(_TYPES_50SP2),
    required={
        **FIX44.required,
        # An OrderID (37) may stand for the ClOrdID that names the order.
        "F": ("11", "55", "54", "60"),
        "G": ("11", "55", "54", "60", "40"),
        "H": ("55", "54"),
    },
    ord_rej_reasons=frozenset({*range(17), *range(18, 30), 99}),
    list_reject_reasons=frozenset({0, 2, 4, 5, 6, 11, 99}),
    cxl_rej_reasons=frozenset({*range(9), 18, 99}),
    session_reject_reasons=frozenset({*range(19), 99}),
    trade_id_tag="880",
    auction_liquidity="851=4\x01",
    tifs=frozenset("0123467B"),
    exec_insts=frozenset("6Go"),
    instructions=True,
    mass_action_report=True,
    activated=None,
    sides=frozenset("123456789ABCDEFGH"),
)

DIALECTS = {dialect.begin_string: dialect for dialect in (FIX42, FIX44, FIX50SP2)}
"""By BeginString (8)."""
