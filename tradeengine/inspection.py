"""The venue's live state as operators read it."""

from __future__ import annotations

from engine.decimals import format_decimal
from engine.events import AccountOpened, TradeBusted
from engine.image import OrderImage
from engine.session_profile import Rights
from engine.types import Amount, Px
from gateways.http.views import (
    AccountView,
    BalancesView,
    BalanceView,
    InstrumentView,
    OrderView,
    SessionView,
    TradePartyView,
    TradeView,
)
from tradeengine.dump import utc_text
from tradeengine.trade_history import TradeHistory
from tradeengine.venue import Venue


def accounts(venue: Venue) -> list[AccountView]:
    """Every account, the venue's own for fees included, in order of their ids."""
    directory = venue.directory
    return [
        AccountView(
            account.name,
            account.firm,
            account.account_id in directory.blocked,
            format_decimal(account.max_order_qty),
            format_decimal(account.max_order_notional),
        )
        for _, account in sorted(directory.accounts.items())
    ]


def balances(venue: Venue, opened: AccountOpened) -> BalancesView:
    """One account's assets, those without balance left out."""
    account = venue.accounts[opened.account_id].account
    pending = venue.members.reservations[opened.account_id].pending
    shown: list[BalanceView] = []
    for asset, balance in sorted(account.balances.items()):
        held, flying = account.held.get(asset, 0), pending.get(asset, 0)
        if balance or held or flying:
            free = balance - held - flying
            shown.append(BalanceView(asset, *map(format_decimal, (balance, held, flying, free))))
    return BalancesView(opened.name, account.blocked, shown)


def open_orders(venue: Venue, opened: AccountOpened) -> list[OrderView]:
    """One account's open orders, oldest of each symbol first."""
    directory = venue.directory
    orders = sorted(venue.accounts[opened.account_id].account.open_orders(), key=lambda order: order.order_id)
    return [
        OrderView(
            order.order_id,
            session_name(venue, order.session_id),
            order.cl_ord_id,
            directory.instrument(order.symbol_id).symbol,
            order.side.name,
            order.ord_type.name,
            order.tif.name,
            order.status.name,
            format_decimal(order.order_qty),
            format_decimal(order.px),
            format_decimal(order.leaves_qty),
            format_decimal(order.cum_qty),
            format_decimal(order.hold),
        )
        for order in orders
    ]


def session_name(venue: Venue, session_id: int) -> str:
    """``protocol:comp_id``, as logs and dumps write it too."""
    session = venue.directory.session_ever(session_id)
    return "" if session is None else f"{session.protocol}:{session.comp_id}"


def sessions(venue: Venue) -> list[SessionView]:
    directory = venue.directory
    names = {account_id: account.name for account_id, account in directory.accounts.items()}
    return [
        SessionView(
            session_id,
            session.protocol,
            session.comp_id,
            session.target_comp_id,
            session.username,
            session.firm,
            [names[account_id] for account_id in session.account_ids],
            names.get(session.default_account_id, ""),
            [str(right.name).lower() for right in Rights if right & session.profile.rights],
            session.enabled,
            session_id in venue.ports and venue.ports[session_id].connection is not None,
        )
        for session_id, session in sorted(directory.sessions.items())
    ]


def instruments(venue: Venue) -> list[InstrumentView]:
    directory = venue.directory
    shown: list[InstrumentView] = []
    for symbol_id, instrument in sorted(directory.instruments.items()):
        touch = venue.touches[symbol_id]
        shown.append(
            InstrumentView(
                instrument.symbol,
                instrument.base,
                instrument.quote,
                directory.statuses[symbol_id].name,
                directory.phases[symbol_id].name,
                format_decimal(instrument.tick_size),
                format_decimal(instrument.lot_size),
                format_decimal(instrument.min_qty),
                format_decimal(instrument.max_qty),
                format_decimal(instrument.min_notional),
                format_decimal(instrument.maker_fee),
                format_decimal(instrument.taker_fee),
                _price(touch.bid_px),
                _price(touch.ask_px),
                _price(touch.last_px),
                _price(touch.reference_px),
            )
        )
    return shown


def trade(venue: Venue, known: TradeHistory) -> TradeView:
    """A trade as last corrected; one that was busted as it was."""
    made, amended = known.trade, known.amended
    last = made if amended is None else amended
    status = "EXECUTED" if amended is None else "BUSTED" if isinstance(amended, TradeBusted) else "CORRECTED"
    return TradeView(
        made.trade_id,
        venue.directory.instrument(made.aggressor.symbol_id).symbol,
        utc_text(known.time_ns),
        known.seq,
        status,
        format_decimal(last.px),
        format_decimal(last.qty),
        _party(venue, known.aggressor, last.aggressor_fee),
        _party(venue, known.resting, last.resting_fee),
    )


def _party(venue: Venue, order: OrderImage, fee: Amount) -> TradePartyView:
    return TradePartyView(
        venue.directory.account(order.account_id).name,
        session_name(venue, order.session_id),
        order.side.name,
        order.order_id,
        order.cl_ord_id,
        order.status.name,
        format_decimal(fee),
    )


def _price(px: Px) -> str:
    return format_decimal(px) if px else ""
