"""What operators can see and do: the HTTP port's :class:`gateways.http.operations.Operations` over a running venue."""

from __future__ import annotations

import os
from collections.abc import Callable

import trio

from actors.messages import Operate, Outcome, SetBlocked, Transfer
from actors.runtime import Supervisor
from config.settings import Settings
from engine.commands import SetInstrumentStatus
from engine.directory import FEES_ACCOUNT_ID
from engine.events import AccountOpened, Deposited, Event, SessionOpened
from engine.instrument import Instrument
from engine.types import Amount, InstrumentStatus
from gateways.http import views
from gateways.http.market import MarketReading
from gateways.http.operations import OperationRefused, OperationUnknown, VenueUnavailable
from gateways.http.views import AccountRequest, Done, SessionOpenedView, SessionRequest, StateHashView
from tradeengine import inspection
from tradeengine.admission import account_config, session_config
from tradeengine.metrics import Exposition
from tradeengine.venue import Venue
from tradeengine.wiring import VenueFailed

_SALT_BYTES = 16


class VenueOperations:
    """Implements Operations. Until a venue is attached, and after it has failed, it says why nothing can be done."""

    def __init__(self, settings: Settings) -> None:
        self.phase = "starting"
        """Why there is no venue to operate; meaningful until one is attached."""
        self._settings = settings
        self._venue: Venue | None = None
        self._exposition = Exposition()
        self._opening = trio.Lock()
        """Names and ids of accounts and sessions are given one at a time."""

    def attach(self, venue: Venue, gateways: dict[str, object]) -> None:
        """The venue runs. ``gateways``: the counters of each, by the name that metrics give it."""
        self._venue = venue
        self._exposition.attach(venue, gateways)

    # ---- health and metrics ---------------------------------------------------------------------------------------

    def unready_reason(self) -> str:
        venue = self._venue
        if venue is None:
            return self.phase
        if venue.failure:
            return f"the journal has failed: {venue.failure}"
        return "" if venue.ready else venue.door.closed or self.phase

    def metrics(self) -> tuple[bytes, str]:
        return self._exposition.render()

    # ---- what there is --------------------------------------------------------------------------------------------

    def accounts(self) -> list[views.AccountView]:
        return inspection.accounts(self._present())

    def balances(self, account: str) -> views.BalancesView:
        venue = self._present()
        return inspection.balances(venue, self._account_named(venue, account))

    def open_orders(self, account: str) -> list[views.OrderView]:
        venue = self._present()
        return inspection.open_orders(venue, self._account_named(venue, account))

    def sessions(self) -> list[views.SessionView]:
        return inspection.sessions(self._present())

    def instruments(self) -> list[views.InstrumentView]:
        return inspection.instruments(self._present())

    def market(self, symbol: str) -> MarketReading:
        venue = self._present()
        instrument = venue.directory.instrument_named(symbol)
        market = venue.market_data.market
        if market is None:
            raise VenueUnavailable("market data has failed")
        shown = market.symbols.get(instrument.symbol_id) if instrument is not None else None
        if shown is None:
            raise OperationUnknown(f"there is no instrument {symbol!r}")
        return MarketReading(shown, market.seq, max(venue.clock_ns(), market.time_ns))

    # ---- accounts -------------------------------------------------------------------------------------------------

    async def deposit(self, account: str, asset: str, amount: Amount, operator: str) -> Done:
        return await self._transfer(account, asset, amount, operator)

    async def withdraw(self, account: str, asset: str, amount: Amount, operator: str) -> Done:
        return await self._transfer(account, asset, -amount, operator)

    async def _transfer(self, account: str, asset: str, amount: Amount, operator: str) -> Done:
        venue = self._working()
        account_id = self._account_in_service(venue, account).account_id
        if asset not in venue.directory.assets:
            raise OperationUnknown(f"there is no asset {asset!r}; there are {', '.join(venue.directory.assets)}")

        def send(done: Callable[[int], None], refused: Callable[[str], None]) -> None:
            venue.account_mail[account_id].tell(Transfer(asset, amount, operator, done, refused))

        done = await self._change(venue, send)
        await self._settled(venue, account_id, done.sequence)
        return done

    async def set_blocked(self, account: str, blocked: bool, operator: str) -> Done:
        venue = self._working()
        account_id = self._account_in_service(venue, account).account_id
        if account_id == FEES_ACCOUNT_ID:
            raise OperationRefused(f"{account} is the venue's own account: it does not trade")

        def send(done: Callable[[int], None], refused: Callable[[str], None]) -> None:
            venue.account_mail[account_id].tell(SetBlocked(blocked, operator, done))

        return await self._change(venue, send)

    async def open_account(self, request: AccountRequest, operator: str) -> Done:
        venue = self._working()
        wanted = account_config(request, self._settings, venue.directory)
        async with self._opening:
            if venue.directory.account_named(wanted.name) is not None:
                raise OperationRefused(f"there is an account {wanted.name} already")
            account_id = venue.directory.next_account_id()
            opened = AccountOpened(
                account_id, wanted.name, wanted.firm, wanted.max_order_qty, wanted.max_order_notional
            )
            balances = [(asset, amount) for asset, amount in wanted.balances.items() if amount]
            deposits = [Deposited(account_id, asset, amount, operator) for asset, amount in balances]
            await venue.members.add_account(opened)
            done = await self._journal(venue, [opened, *deposits])
            await self._settled(venue, account_id, done.sequence)
            return done

    # ---- sessions -------------------------------------------------------------------------------------------------

    async def open_session(self, request: SessionRequest, operator: str) -> SessionOpenedView:
        venue = self._working()
        directory = venue.directory
        wanted = session_config(request, self._settings, directory)
        protocol, comp_id, target = wanted.identity(self._settings.fix.comp_id)
        credential = await trio.to_thread.run_sync(wanted.credential, os.urandom(_SALT_BYTES))
        async with self._opening:
            if directory.session_keyed(protocol, comp_id, target) is not None:
                raise OperationRefused(f"there is a session {protocol} {comp_id} already")
            ids = {name: self._account_named(venue, name).account_id for name in wanted.accounts}
            opened = SessionOpened(
                directory.next_session_id(),
                protocol,
                comp_id,
                target,
                wanted.username or comp_id,
                credential,
                wanted.firm,
                list(ids.values()),
                ids[wanted.default_account] if wanted.default_account else 0,
                wanted.enabled,
            )
            await venue.members.add_session(opened)
            done = await self._journal(venue, [opened])
        return SessionOpenedView(opened.session_id, done.sequence)

    async def set_session_enabled(self, session_id: int, enabled: bool, operator: str) -> Done:
        venue = self._working()
        known = venue.directory.sessions.get(session_id)
        if known is None:
            raise OperationUnknown(f"there is no session with the id {session_id}")
        changed = SessionOpened(
            known.session_id,
            known.protocol,
            known.comp_id,
            known.target_comp_id,
            known.username,
            known.credential,
            known.firm,
            known.account_ids,
            known.default_account_id,
            enabled,
        )
        return await self._journal(venue, [changed])

    # ---- instruments and the state --------------------------------------------------------------------------------

    async def set_status(self, symbol: str, status: InstrumentStatus, operator: str) -> Done:
        venue = self._working()
        instrument = venue.directory.instrument_named(symbol)
        if instrument is None:
            raise OperationUnknown(f"there is no instrument {symbol!r}")
        self._in_service(venue.members.books, instrument)
        symbol_id = instrument.symbol_id

        def send(done: Callable[[int], None], refused: Callable[[str], None]) -> None:
            venue.book_mail[symbol_id].tell(Operate(SetInstrumentStatus(symbol_id, status, operator), done))

        return await self._change(venue, send)

    async def hash_state(self) -> StateHashView:
        try:
            return StateHashView(await self._working().hash_state())
        except VenueFailed as failed:
            raise VenueUnavailable(str(failed)) from failed

    # ---- how a change is made -------------------------------------------------------------------------------------

    async def _journal(self, venue: Venue, events: list[Event]) -> Done:
        def send(done: Callable[[int], None], refused: Callable[[str], None]) -> None:
            venue.journal_mail.tell(Outcome(0, 0, 0, events, done))

        return await self._change(venue, send)

    async def _change(self, venue: Venue, send: Callable[[Callable[[int], None], Callable[[str], None]], None]) -> Done:
        """Send something that ends in an event; returns when that is durable. Raises OperationError."""
        decided = trio.Event()
        sequences: list[int] = []
        refusals: list[str] = []

        def done(seq: int) -> None:
            sequences.append(seq)
            decided.set()

        def refused(text: str) -> None:
            refusals.append(text)
            decided.set()

        with venue.dispatcher.turn():
            send(done, refused)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._give_up_when_lost, venue, nursery.cancel_scope)
            await decided.wait()
            nursery.cancel_scope.cancel()
        if refusals:
            raise OperationRefused(refusals[0])
        if not sequences:
            raise VenueUnavailable(self.unready_reason())
        return Done(sequences[0])

    async def _give_up_when_lost(self, venue: Venue, scope: trio.CancelScope) -> None:
        await venue.lost.wait()
        scope.cancel()

    async def _settled(self, venue: Venue, account_id: int, seq: int) -> None:
        """Wait until the account shows what the event at ``seq`` did, so that who reads next sees it."""
        while venue.accounts[account_id].settled_seq < seq and not venue.failure:
            await trio.lowlevel.checkpoint()

    # ---- finding and refusing -------------------------------------------------------------------------------------

    def _present(self) -> Venue:
        """The venue, for reading: also after its journal has failed."""
        if self._venue is None:
            raise VenueUnavailable(f"the venue is not open yet: {self.phase}")
        return self._venue

    def _working(self) -> Venue:
        """The venue, for changes."""
        venue = self._present()
        reason = self.unready_reason()
        if reason:
            raise VenueUnavailable(reason)
        return venue

    def _account_named(self, venue: Venue, name: str) -> AccountOpened:
        account = venue.directory.account_named(name)
        if account is None:
            raise OperationUnknown(f"there is no account {name!r}")
        return account

    def _account_in_service(self, venue: Venue, name: str) -> AccountOpened:
        account = self._account_named(venue, name)
        self._in_service(venue.members.accounts, account)
        return account

    def _in_service(self, supervisor: Supervisor, what: AccountOpened | Instrument) -> None:
        """What has crashed too often is represented by a stand-in that carries nothing out (design §4)."""
        name = what.name if isinstance(what, AccountOpened) else what.symbol
        child = supervisor.children.get(name)
        if child is None or child.replaced:
            raise OperationRefused(f"{name} is out of service since it failed; restart the venue to bring it back")
