"""Single key presses from the terminal, without Enter and without an echo."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import trio

_BYTES_MAX = 64
_LOCAL_FLAGS = 3
LEFT, RIGHT = "left", "right"
_SEQUENCES = {b"\x1b[C": RIGHT, b"\x1b[D": LEFT, b"\x1bOC": RIGHT, b"\x1bOD": LEFT, b"\t": RIGHT}


@contextmanager
def unbuffered_keys() -> Iterator[int | None]:
    """The terminal's file descriptor, in a mode in which keys arrive at once; None where the input is no terminal.

    Ctrl-C still interrupts. The former mode is restored whatever happens inside.
    """
    if not sys.stdin.isatty():
        yield None
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    mode = termios.tcgetattr(descriptor)
    mode[_LOCAL_FLAGS] |= termios.NOFLSH  # Ctrl-C would throw away what is being drawn, in the middle of a colour
    termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)
    try:
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


async def key_presses(descriptor: int) -> AsyncIterator[str]:
    """Characters and arrow keys as they are pressed; ends when the terminal is gone."""
    while True:
        await trio.lowlevel.wait_readable(descriptor)
        data = os.read(descriptor, _BYTES_MAX)
        if not data:
            return
        for key in keys_in(data):
            yield key


def keys_in(data: bytes) -> list[str]:
    """What was pressed, by name for arrow keys; other escape sequences are left out."""
    if data in _SEQUENCES:
        return [_SEQUENCES[data]]
    if data.startswith(b"\x1b"):
        return []
    return list(data.decode("utf-8", "ignore"))
