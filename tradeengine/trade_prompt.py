"""The prompt: requests as they are typed, reports as they come.

The prompt waits for the keyboard in the main thread, where Ctrl-C and line editing are at home; the connection lives in
a thread of its own and prints above the line that is being typed.
"""

from __future__ import annotations

import contextlib
import readline
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import TracebackType

import trio
from rich.console import Console, RenderableType
from rich.text import Text

from clients import ClientError
from tradeengine.trade_desk import DONE, FAILED, Desk, Voice
from tradeengine.trade_orders import CLAUSES
from tradeengine.trade_reading import UsageError
from tradeengine.trade_session import NEW_ONLY, Login, console
from tradeengine.trade_view import usage_table
from tradeengine.trade_words import COMMANDS, Help, Quit, Request, Watch, parse

_ERASE_LINE = "\r\x1b[K"


def run_prompt(login: Login) -> int:
    """Take requests until ``quit`` or the end of the input.

    Returns ``FAILED`` if there is no connection (any more); otherwise ``DONE``, or, where the input is no terminal, the
    worst of what came of its lines.
    """
    out = console()
    prompt = Prompt(out, f"{login.user}> ") if sys.stdin.isatty() and out.is_terminal else None
    voice = prompt or Voice(out, console(stderr=True))
    try:
        with Line(login, voice) as line:
            if prompt is None:
                return _obey(line, voice, (text.rstrip("\n") for text in sys.stdin))
            complete_from(lambda: [*COMMANDS, *CLAUSES, *line.symbols])
            prompt.say(Text(f"{login.user} at {login.host}:{login.port}. help lists what you can do.", "dim"))
            _obey(line, prompt, prompt.lines())
            return FAILED if line.lost else DONE
    except (ClientError, ValueError) as error:
        voice.complain(f"{login.user} at {login.host}:{login.port}: {error}")
        return FAILED
    except KeyboardInterrupt:
        voice.complain("interrupted; what was sent stays sent")
        return FAILED


def _obey(line: Line, voice: Voice, typed: Iterator[str]) -> int:
    """Carry out what is typed, line by line; the worst of what came of it."""
    worst = DONE
    for text in typed:
        if line.lost:
            return FAILED
        words = text.split()
        if not words:
            continue
        try:
            request = parse(words)
        except UsageError as error:
            voice.complain(str(error))
            worst = FAILED
            continue
        if isinstance(request, Quit):
            break
        if isinstance(request, Help):
            voice.say(usage_table())
        else:
            worst = max(worst, line.execute(request))
    return worst


class Line:
    """A connected desk in a thread of its own, for a caller in another."""

    def __init__(self, login: Login, voice: Voice) -> None:
        self._login = login
        self._voice = voice
        self._ready: Future[trio.lowlevel.TrioToken] = Future()
        self._next_number = NEW_ONLY
        self._stopping = False

    def __enter__(self) -> Line:
        """Raises ``ClientError`` if there is no connection to be had, ``ValueError`` for what is no user name."""
        self._thread = threading.Thread(target=trio.run, args=(self._serve,), daemon=True)
        self._thread.start()
        self._token = self._ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping = True
        with contextlib.suppress(trio.RunFinishedError):  # a connection that could not be had again
            self._token.run_sync_soon(self._ended.set)
        self._thread.join()

    @property
    def lost(self) -> str:
        """Why the connection is gone; empty while it is there."""
        return self._desk.lost

    @property
    def symbols(self) -> list[str]:
        """What the venue lists."""
        return list(self._client.instruments)

    def execute(self, request: Request) -> int:
        """See :meth:`Desk.execute`; ``watch`` connects anew, from the number asked for."""
        if isinstance(request, Watch):
            self._next_number = request.number
            self._ready = Future()
            self._token.run_sync_soon(self._ended.set)
            self._ready.result()
        return trio.from_thread.run(self._desk.execute, request, trio_token=self._token)

    async def _serve(self) -> None:
        while not self._stopping:
            self._ended = trio.Event()
            try:
                async with self._login.client(self._next_number) as client, trio.open_nursery() as nursery:
                    self._client = client
                    self._desk = Desk(client, self._voice)
                    nursery.start_soon(self._desk.follow)
                    self._ready.set_result(trio.lowlevel.current_trio_token())
                    await self._ended.wait()
                    nursery.cancel_scope.cancel()
            except (ClientError, ValueError) as error:
                self._ready.set_exception(error)
                return


class Prompt(Voice):
    """A voice that speaks above the line that is being typed."""

    def __init__(self, out: Console, text: str) -> None:
        super().__init__(out, out)
        self._text = text
        self._typing = False

    def lines(self) -> Iterator[str]:
        """What is typed. Ctrl-C drops the line, Ctrl-D ends."""
        while True:
            self._typing = True
            try:
                text = input(self._text)
            except KeyboardInterrupt:
                print()
                continue
            except EOFError:
                print()
                return
            finally:
                self._typing = False
            yield text

    def say(self, what: RenderableType) -> None:
        self._above(lambda: super(Prompt, self).say(what))

    def complain(self, what: str) -> None:
        self._above(lambda: super(Prompt, self).complain(what))

    def _above(self, speak: Callable[[], None]) -> None:
        if not self._typing:
            speak()
            return
        sys.stdout.write(_ERASE_LINE)
        speak()
        sys.stdout.write(self._text + readline.get_line_buffer())
        sys.stdout.flush()


def complete_from(words: Callable[[], list[str]]) -> None:
    """Have the Tab key complete the word before it from ``words``."""

    def candidate(begun: str, state: int) -> str | None:
        fitting = [word for word in words() if word.lower().startswith(begun.lower())]
        return fitting[state] + " " if state < len(fitting) else None

    readline.set_completer(candidate)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")
