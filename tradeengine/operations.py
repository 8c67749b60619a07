"""What operators can see and do: the HTTP port's :class:`gateways.http.operations.Operations` over a running venue."""

from __future__ import annotations

from collections.abc import Callable

from actors.messages import SetBlocked, Transfer
from config.settings import Settings
from engine.directory import FEES_ACCOUNT_ID
from engine.events import AccountOpened, Deposited
from engine.types import Amount
from gateways.http import views
from gateways.http.operations import OperationRefused, OperationUnknown, VenueUnavailable
from gateways.http.views import AccountRequest, Done, StateHashView
from tradeengine import inspection
from tradeengine.admission import account_config
from tradeengine.fix_operations import FixOperations
from tradeengine.instrument_operations import InstrumentOperations
from tradeengine.market_operations import MarketOperations
from tradeengine.metrics import Exposition
from tradeengine.session_operations import SessionOperations
from tradeengine.venue import Venue
from tradeengine.wiring import VenueFailed


class VenueOperations(InstrumentOperations, SessionOperations, FixOperations, MarketOperations):
    """Implements Operations. Until a venue is attached, and after it has failed, it says why nothing can be done."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._exposition = Exposition()

    def attach(self, venue: Venue, gateways: dict[str, object]) -> None:
        """The venue runs. ``gateways``: the counters of each, by the name that metrics give it."""
        self._venue = venue
        self._exposition.attach(venue, gateways)

    # ---- health and metrics ---------------------------------------------------------------------------------------

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

        done = await self._change(venue, [send])
        await self._settled(venue, account_id, done.sequence)
        return done

    async def set_blocked(self, account: str, blocked: bool, operator: str) -> Done:
        venue = self._working()
        account_id = self._account_in_service(venue, account).account_id
        if account_id == FEES_ACCOUNT_ID:
            raise OperationRefused(f"{account} is the venue's own account: it does not trade")

        def send(done: Callable[[int], None], refused: Callable[[str], None]) -> None:
            venue.account_mail[account_id].tell(SetBlocked(blocked, operator, done))

        return await self._change(venue, [send])

    async def open_account(self, request: AccountRequest, operator: str) -> Done:
        venue = self._working()
        wanted = account_config(request, self._settings, venue.directory)
        async with self._naming:
            if venue.directory.account_named(wanted.name) is not None:
                raise OperationRefused(f"there is an account {wanted.name} already")
            account_id = venue.directory.next_account_id()
            opened = AccountOpened(
                account_id, wanted.name, wanted.firm, wanted.max_order_qty, wanted.max_order_notional, operator
            )
            balances = [(asset, amount) for asset, amount in wanted.balances.items() if amount]
            deposits = [Deposited(account_id, asset, amount, operator) for asset, amount in balances]
            await venue.members.add_account(opened)
            done = await self._journal(venue, [opened, *deposits])
            await self._settled(venue, account_id, done.sequence)
            return done

    async def cancel_account(self, account: str, operator: str) -> Done:
        venue = self._working()
        opened = self._account_in_service(venue, account)
        return await self._change(venue, [self._cancel_of(venue, opened.account_id, 0, operator)])

    # ---- the state -------------------------------------------------------------------------------------------------

    async def hash_state(self) -> StateHashView:
        try:
            return StateHashView(await self._working().hash_state())
        except VenueFailed as failed:
            raise VenueUnavailable(str(failed)) from failed
