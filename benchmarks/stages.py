"""CPU time by stage, measured in the running program: functions are wrapped, and each is charged what is its own."""

from __future__ import annotations

import functools
import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

GARBAGE_COLLECTOR = "garbage collector"


class Stage(msgspec.Struct):
    """What a stage has used; what stages within it used is theirs."""

    seconds: float = 0.0
    calls: int = 0


class Stages:
    """Charges CPU time (of the thread, so waiting is free) to the innermost stage that is under way.

    A measurement costs about half a microsecond, so stages are to be functions that handle batches.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Stage] = {}
        self._local = threading.local()
        self._collecting = 0.0

    def reset(self) -> None:
        for stage in self.by_name.values():
            stage.seconds, stage.calls = 0.0, 0

    @contextmanager
    def wrapped(self, points: list[tuple[str, object, str]]) -> Iterator[None]:
        """Wrap each (stage, class or module, name of a function in it) for the length of the block."""
        originals = [(owner, name, getattr(owner, name)) for _, owner, name in points]
        for stage, owner, name in points:
            setattr(owner, name, self._timed(stage, getattr(owner, name)))
        self.by_name[GARBAGE_COLLECTOR] = Stage()
        gc.callbacks.append(self._on_collection)
        try:
            yield
        finally:
            gc.callbacks.remove(self._on_collection)
            for owner, name, original in originals:
                setattr(owner, name, original)

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        stage = self.by_name.setdefault(name, Stage())
        clock = time.thread_time
        stack_of = self._stack

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            stack = stack_of()
            stack.append(0.0)
            started = clock()
            try:
                return function(*args, **kwargs)
            finally:
                taken = clock() - started
                stage.seconds += taken - stack.pop()
                stage.calls += 1
                if stack:
                    stack[-1] += taken

        return timed

    def _stack(self) -> list[float]:
        """Of the stages under way in this thread: the time that stages within each have used."""
        try:
            return self._local.stack  # type: ignore[no-any-return]
        except AttributeError:
            stack: list[float] = []
            self._local.stack = stack
            return stack

    def _on_collection(self, phase: str, info: dict[str, int]) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if phase == "start":
            self._collecting = time.thread_time()
            return
        taken = time.thread_time() - self._collecting
        stage = self.by_name[GARBAGE_COLLECTOR]
        stage.seconds += taken
        stage.calls += 1
        stack = self._stack()
        if stack:
            stack[-1] += taken
