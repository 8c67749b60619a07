"""A program in a terminal of its own, and somebody who types at it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Sequence

_SILENCE_MAX_S = 60.0


def run_in_terminal(
    program: Sequence[str], typed: Sequence[tuple[bytes, bytes]], *, columns: int = 120, rows: int = 35
) -> tuple[bytes, int]:
    """All that ``program`` prints, and its exit status.

    ``typed`` are pairs of what is waited for and the keys that are pressed then, each looked for behind the one before.

    Raises:
        AssertionError: it was silent for a minute.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        size = {"COLUMNS": str(columns), "LINES": str(rows), "TERM": "xterm-256color"}
        os.execvpe(program[0], list(program), {**os.environ, **size})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    said, looked = b"", 0
    waiting = list(typed)
    while True:
        readable, _, _ = select.select([terminal], [], [], _SILENCE_MAX_S)
        assert readable, f"nothing more came after {said[-2000:]!r}"
        try:
            said += os.read(terminal, 65_536)
        except OSError:  # how Linux says that the program has closed its end
            break
        while waiting and (found := said.find(waiting[0][0], looked)) >= 0:
            looked = found + len(waiting[0][0])
            os.write(terminal, waiting.pop(0)[1])
    os.close(terminal)
    return said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
