"""The actor runtime: mailboxes, actors and services, the dispatcher that runs actors, and supervisors.

It stands on trio alone and knows nothing of what its actors do.
"""

from actors.runtime.actor import Actor, Service, Stoppable
from actors.runtime.cell import Cell, Crash
from actors.runtime.child import Child, ChildState
from actors.runtime.dispatcher import Dispatcher
from actors.runtime.exceptions import (
    ActorRuntimeError,
    ChildSpecError,
    ChildStartFailed,
    DispatcherFailed,
    MailboxOverflow,
    SupervisorFailed,
    SupervisorNotRunning,
)
from actors.runtime.mailbox import Mailbox
from actors.runtime.spec import ChildExit, ChildSpec, Observer, Restart, Strategy
from actors.runtime.supervisor import Supervisor
from actors.runtime.watchdog import Stuck, Watchdog

__all__ = [
    "Actor",
    "ActorRuntimeError",
    "Cell",
    "Child",
    "ChildExit",
    "ChildSpec",
    "ChildSpecError",
    "ChildStartFailed",
    "ChildState",
    "Crash",
    "Dispatcher",
    "DispatcherFailed",
    "Mailbox",
    "MailboxOverflow",
    "Observer",
    "Restart",
    "Service",
    "Stoppable",
    "Strategy",
    "Stuck",
    "Supervisor",
    "SupervisorFailed",
    "SupervisorNotRunning",
    "Watchdog",
]
