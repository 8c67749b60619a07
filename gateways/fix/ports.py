"""What a FIX session needs of the venue: ``actors.port.SessionPort`` without its waiting half, so that the session
stays pure and tests can stand in for the venue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine.commands import ClientCommand
    from engine.directory import Directory
    from engine.events import SessionOpened
    from engine.queries import Query


class Port(Protocol):
    """The venue's side of one client session; see ``actors.port.SessionPort`` for the meaning of each member."""

    in_next: int

    @property
    def session(self) -> SessionOpened: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def released(self) -> int: ...
    @property
    def reissued_upto(self) -> int: ...

    def submit(self, commands: list[ClientCommand]) -> None: ...
    def query(self, query: Query) -> None: ...
    def allot(self) -> int: ...
    def already_done(self, in_seq: int) -> bool: ...
    def log_on(self, *, reset: bool) -> None: ...
    def log_out(self, *, confirmed: bool) -> None: ...
