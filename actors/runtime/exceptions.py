"""What the actor runtime raises.

```
ActorRuntimeError
├── MailboxOverflow       a mailbox's bound was breached: a bug in flow control, never cured by a restart
├── ChildSpecError        a child specification contradicts itself or another one
├── ChildStartFailed      a child could not be started; the reason is its __cause__
├── SupervisorNotRunning  a child was handed to a supervisor that doesn't run, or is stopping
├── SupervisorFailed      a supervisor gave up; the last child's failure is its __cause__
└── DispatcherFailed      a hook, or an actor that nobody supervises, raised; the reason is its __cause__
```
"""

from __future__ import annotations


class ActorRuntimeError(Exception):
    """Everything that the runtime raises on its own account."""


class MailboxOverflow(ActorRuntimeError):
    """More messages wait in the normal lane of mailbox `name` than it was made for; none was lost.

    Flow control at the edge bounds what is in flight, so this is a bug. Supervisors never restart it away:
    it escalates through every one of them.
    """

    def __init__(self, name: str, depth: int) -> None:
        super().__init__(f"mailbox {name!r} holds {depth} messages, more than its bound")
        self.name = name
        self.depth = depth


class ChildSpecError(ActorRuntimeError):
    """A child specification that can't be carried out: a name taken twice, an actor without a dispatcher's mailbox."""


class ChildStartFailed(ActorRuntimeError):
    """The child's factory raised, its service raised before it had reported itself started, or it was stopped then."""

    def __init__(self, supervisor: str, child: str) -> None:
        super().__init__(f"{supervisor}: child {child!r} failed to start")
        self.supervisor = supervisor
        self.child = child


class SupervisorNotRunning(ActorRuntimeError):
    """The supervisor has not started, is stopping, or has stopped."""

    def __init__(self, supervisor: str) -> None:
        super().__init__(f"{supervisor}: the supervisor is not running")
        self.supervisor = supervisor


class SupervisorFailed(ActorRuntimeError):
    """The supervisor stopped its children and gave up, because of `child` and for `reason`."""

    def __init__(self, supervisor: str, child: str, reason: str) -> None:
        super().__init__(f"{supervisor}: child {child!r}: {reason}")
        self.supervisor = supervisor
        self.child = child
        self.reason = reason


class DispatcherFailed(ActorRuntimeError):
    """Something that belongs to no supervised child raised inside the dispatcher."""


def is_fatal(error: BaseException | None) -> bool:
    """Whether a restart can't help: a mailbox overflowed, here, in a group of errors or in what caused them."""
    if error is None:
        return False
    if isinstance(error, BaseExceptionGroup) and any(is_fatal(part) for part in error.exceptions):
        return True
    return isinstance(error, MailboxOverflow) or is_fatal(error.__cause__)
