"""A place for what the venue will say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from clients.exceptions import ClientError

T = TypeVar("T")


class Reply(Generic[T]):
    """Settled once, with a value or an error; ``first`` is called with the value then, and ``wake`` in any case."""

    __slots__ = ("_error", "_value", "done", "first", "wake")

    def __init__(self) -> None:
        self.done = False
        self.first: Callable[[T], object] | None = None
        self.wake: Callable[[], object] | None = None
        self._value: T
        self._error: ClientError | None = None

    def settle(self, value: T) -> None:
        if not self.done:
            self._value = value
            if self.first is not None:
                self.first(value)
            self._finish()

    def fail(self, error: ClientError) -> None:
        if not self.done:
            self._error = error
            self._finish()

    def get(self) -> T:
        """What it was settled with. Raises the error that it failed with."""
        assert self.done
        if self._error is not None:
            raise self._error
        return self._value

    def _finish(self) -> None:
        self.done = True
        if self.wake is not None:
            self.wake()
