"""The actors that come and go with the directory: books, accounts and session ports, and how each is rebuilt.

Every one has a mailbox that outlives it. After a crash its state is folded again from the journal up to what it had
been told, and the command that broke it is refused to its sender (design §4).
"""

from __future__ import annotations

from itertools import starmap

import structlog
import trio

from actors.account import AccountActor
from actors.book import BookActor
from actors.journal import OutNumbers
from actors.messages import Operate, ToAccount, ToBook, ToPort
from actors.port import SessionPort
from actors.runtime import Actor, ChildExit, ChildSpec, ChildState, Supervisor
from actors.standins import HaltedBookActor, LostPortActor, SuspendedAccountActor, refuse_in_account, refuse_in_book
from engine.account import Account
from engine.book import Book
from engine.events import AccountOpened, SessionOpened
from engine.fold import VenueState
from engine.instrument import Instrument
from engine.reservations import Reservations
from engine.session import SessionState
from tradeengine.wiring import Wiring

log = structlog.get_logger("members")
_CHUNK = 2000
"""Records that a rebuild folds before the rest of the venue has its turn."""


class Members:
    """Supervisors of the books, accounts and ports, and the way to add more while the venue runs."""

    def __init__(self, venue: Wiring) -> None:
        self._venue = venue
        self.reservations: dict[int, Reservations] = {}
        self.book_names: dict[int, str] = {}
        """Under which name each book is supervised: its symbol, unless a delisted instrument has had that."""
        self.port_names: dict[int, str] = {}
        """Under which name each port is supervised: its identity, unless a session that was removed has had that."""
        state = venue.state
        self.accounts = venue.supervisor("accounts", starmap(self._account_spec, state.accounts.items()))
        self.books = venue.supervisor("books", starmap(self._book_spec, state.books.items()))
        self.ports = venue.supervisor("ports", starmap(self._port_spec, state.sessions.items()))

    @property
    def whole(self) -> bool:
        """Whether none is being rebuilt: what lives is what the journal says, as soon as no mail waits."""
        supervisors: tuple[Supervisor, ...] = (self.accounts, self.books, self.ports)
        return all(child.state is ChildState.RUNNING for each in supervisors for child in each.children.values())

    async def add_account(self, opened: AccountOpened) -> None:
        """Start an account's actor. Its event is the caller's to journal."""
        account = Account(opened, self._venue.directory.instruments)
        await self.accounts.start_child(self._account_spec(opened.account_id, account))

    async def add_book(self, instrument: Instrument, listing: Operate) -> None:
        """Start a new instrument's book, whose first act is to carry out its own ``listing``."""
        venue = self._venue
        spec = self._book_spec(instrument.symbol_id, Book(instrument, venue.directory.firms, venue.state.entropy))
        venue.book_mail[instrument.symbol_id].tell(listing)
        with trio.CancelScope(shield=True):  # half a book would never answer
            await self.books.start_child(spec)

    async def add_session(self, opened: SessionOpened) -> None:
        """Start a session's port. Its event is the caller's to journal."""
        state = SessionState(opened)
        self._venue.numbers[opened.session_id] = OutNumbers.resumed(state)
        await self.ports.start_child(self._port_spec(opened.session_id, state))

    # ---- specifications -------------------------------------------------------------------------------------------

    def _account_spec(self, account_id: int, first: Account) -> ChildSpec[ToAccount]:
        venue = self._venue
        name = first.opened.name
        mailbox = venue.account_mail[account_id] = venue.dispatcher.mailbox(
            f"account/{name}", venue.settings.limits.mailbox_depth_max
        )
        reservations = self.reservations[account_id] = Reservations()
        built: list[Account] = [first]

        async def start() -> Actor[ToAccount]:
            rebuilt = not built
            if rebuilt:
                await venue.barrier()  # what this account has asked for may still be on its way to the journal
            seq = venue.publisher.published_seq
            account = (await self._rebuilt(seq)).accounts[account_id] if rebuilt else built.pop()
            account.instruments = venue.directory.instruments
            account.open_orders_max = venue.settings.limits.open_orders_per_account_max
            actor = venue.accounts[account_id] = AccountActor(
                account, reservations, seq, venue.journal_mail, venue.book_mail, venue.touches
            )
            if rebuilt:
                with venue.dispatcher.turn():
                    actor.complete_finished()
            return actor

        async def suspended() -> Actor[ToAccount]:
            log.error("account_suspended", account=name)
            venue.degraded.add(f"account/{name}")
            return SuspendedAccountActor(venue.journal_mail, venue.book_mail, name, account_id)

        def on_poison(message: ToAccount, error: Exception) -> None:
            log.error("account_crashed", account=name, exc_info=error)
            refuse_in_account(venue.journal_mail, account_id, message, "system error in the account")

        return ChildSpec(name=name, start=start, mailbox=mailbox, on_poison=on_poison, on_exhausted=suspended)

    def _book_spec(self, symbol_id: int, first: Book) -> ChildSpec[ToBook]:
        venue = self._venue
        symbol = first.instrument.symbol
        name = self.book_names[symbol_id] = f"{symbol}#{symbol_id}" if symbol in self.book_names.values() else symbol
        mailbox = venue.book_mail[symbol_id] = venue.dispatcher.mailbox(
            f"book/{name}", venue.settings.limits.mailbox_depth_max
        )
        built: list[Book] = [first]

        async def start() -> Actor[ToBook]:
            # A parked book adds nothing to the journal, so what is durable at the barrier is all of its past.
            book = built.pop() if built else (await self._rebuilt(await venue.barrier())).books[symbol_id]
            book.firms = venue.directory.firms
            limits = venue.settings.limits
            book.list_legs_max, book.cascade_max = limits.list_legs_max, limits.cascade_max
            book.uncross_max = limits.uncross_max
            actor = venue.books[symbol_id] = BookActor(
                book, mailbox, venue.journal_mail, venue.touches, venue.deadlines, venue.clock_ns
            )
            return actor

        async def halted() -> Actor[ToBook]:
            log.error("book_halted", symbol=symbol)
            venue.degraded.add(f"book/{name}")
            return HaltedBookActor(venue.journal_mail, symbol, symbol_id)

        def on_poison(message: ToBook, error: Exception) -> None:
            log.error("book_crashed", symbol=symbol, exc_info=error)
            refuse_in_book(venue.journal_mail, symbol_id, message, "system error in the book")

        return ChildSpec(name=name, start=start, mailbox=mailbox, on_poison=on_poison, on_exhausted=halted)

    def _port_spec(self, session_id: int, first: SessionState) -> ChildSpec[ToPort]:
        venue = self._venue
        opened = first.opened
        identity = f"{opened.protocol}:{opened.comp_id}:{opened.target_comp_id}"
        taken = identity in self.port_names.values()
        name = self.port_names[session_id] = f"{identity}#{session_id}" if taken else identity
        mailbox = venue.port_mail[session_id] = venue.dispatcher.mailbox(
            f"port/{name}", venue.settings.limits.mailbox_depth_max
        )
        # Books start before ports: what they finish after a restart is published, and waits for the ports, by then.
        first_seq = venue.publisher.published_seq
        built: list[SessionState] = [first]

        async def start() -> Actor[ToPort]:
            rebuilt = not built
            if rebuilt:
                await venue.barrier()  # the number that it will expect next is the first without an outcome
            seq = venue.publisher.published_seq if rebuilt else first_seq
            state = (await self._rebuilt(seq)).sessions[session_id] if rebuilt else built.pop()
            numbers = venue.numbers[session_id]
            port = SessionPort(state, seq, numbers, venue.routes, venue.port_limits, mailbox)
            venue.ports[session_id] = port
            if venue.disconnects.is_here(session_id):
                port.abandon()
            return port

        async def lost() -> Actor[ToPort]:
            log.error("session_lost", session=name)
            venue.degraded.add(f"port/{name}")
            venue.disconnects.gone(venue.ports.pop(session_id).state, lost=True)
            return LostPortActor(venue.numbers[session_id], venue.credits)

        def on_exit(ended: ChildExit) -> None:
            # No message need be to blame: also one that crashes between two leaves its connection to nobody.
            log.error("port_crashed", session=name, exc_info=ended.error)
            # It is detached at once: what its gateway tells later is not about the connection that comes after it.
            port = venue.ports.get(session_id)
            if port is not None and port.connection is not None:
                connection, port.connection = port.connection, None
                connection.disconnect("system error in the session")

        return ChildSpec(name=name, start=start, mailbox=mailbox, on_exit=on_exit, on_exhausted=lost)

    # ---- rebuilding -----------------------------------------------------------------------------------------------

    async def _rebuilt(self, last: int) -> VenueState:
        """The state after sequence ``last``, folded from the journal in chunks."""
        state = VenueState(self._venue.state.entropy)
        for seq, record in self._venue.routes.read(1, last):
            state.apply(seq, record)
            if not seq % _CHUNK:
                await trio.lowlevel.checkpoint()
        return state
