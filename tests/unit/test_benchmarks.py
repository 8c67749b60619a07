"""Every benchmark runs and ends with claims as JSON; what they measure with counts right."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import bench_book, profile_venue
from benchmarks.__main__ import NAMES, main
from benchmarks.harness import Claim, Context, Skipped, Target, claim, interleaved, rounded
from benchmarks.loadgen import LoadFailed, LoadGenerator, Stream
from benchmarks.minimal_book import MinimalBook
from benchmarks.stages import Stages
from gateways.binary import soup
from gateways.fix.codec import Encoder

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"claim", "value", "unit", "beside", "ratio", "target"}
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="the load generator needs a C compiler")


# ---- each benchmark -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_ends_with_its_claims(name: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, "--quick", "--directory", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    claims = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert claims == [json.loads(line) for line in ran.stdout.splitlines()[-len(claims) :]]
    assert claims
    for it in claims:
        assert it.keys() - {"skipped"} == KEYS
        if "skipped" in it:
            assert f"skipped: {it['skipped']}" in ran.stdout
        else:
            assert it["value"] > 0
            assert it["beside"] > 0
    assert list(tmp_path.iterdir()) == [], "a benchmark leaves nothing behind"


def test_without_its_workload_the_book_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench_book, "STREAM", tmp_path / "stream.csv.gz")
    with pytest.raises(Skipped, match=r"stream\.csv\.gz does not lie beside the project"):
        bench_book.run(Context(tmp_path, quick=True))


def test_without_a_compiler_the_ports_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["binary", "--quick", "--directory", str(tmp_path)]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["value"] is None
    assert "apt-get install gcc" in last["skipped"]


@needs_compiler
def test_the_profile_names_the_stages_of_an_order(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.profile_venue", "binary", "--orders", "400", "--directory", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    stages = {line.split("  ")[0]: line.split() for line in ran.stdout.splitlines()}
    for point in ("match", "settle", "publish", "encode reports", "journal: frame, write"):
        assert int(stages[point][-2]) > 0, f"{point} was never called:\n{ran.stdout}"
    assert "total" in stages


def test_every_profiled_function_exists() -> None:
    points = [*profile_venue._VENUE, *profile_venue._WRITE]
    for ways in (profile_venue._IN, profile_venue._OUT):
        points += [point for way in ways.values() for point in way]
    assert all(callable(getattr(owner, name)) for _, owner, name in points)


# ---- harness --------------------------------------------------------------------------------------------------------


def test_runs_take_turns_and_the_median_counts() -> None:
    order: list[str] = []
    figures = {"ours": iter((9.0, 1.0, 5.0, 3.0)), "floor": iter((0.0, 7.0, 8.0, 6.0))}

    def variant(name: str) -> Callable[[], dict[str, float]]:
        def run() -> dict[str, float]:
            order.append(name)
            return {"p50": next(figures[name])}

        return run

    samples = interleaved(3, {name: variant(name) for name in figures}, warm_up=True)
    assert order == ["ours", "floor"] * 4
    assert samples.median("ours", "p50") == 3.0
    assert samples.median("floor", "p50") == 7.0


def test_every_run_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    values = iter((1234.5, 0.25))
    interleaved(2, {"ours": lambda: {"p50": next(values)}}).show({"p50": "µs"})
    assert capsys.readouterr().out.split() == ["ours", "p50", "1,234", "0.25", "µs"]


def test_a_claim_carries_its_ratio_and_target() -> None:
    assert claim("x", 150.04, "µs", 60.0, Target("ratio", "<=", 3)) == Claim(
        claim="x", value=150.0, unit="µs", beside=60.0, ratio=2.501, target="ratio <= 3"
    )


@pytest.mark.parametrize(("value", "shown"), [(123_456.7, 123_457), (999.96, 1000.0), (0.123456, 0.1235), (0, 0)])
def test_figures_are_rounded_to_what_they_are_worth(value: float, shown: float) -> None:
    assert rounded(value) == shown


# ---- the load generator ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> LoadGenerator:
    if shutil.which("cc") is None:
        pytest.skip("the load generator needs a C compiler")
    return LoadGenerator(tmp_path_factory.mktemp("loadgen"))


Answer = Callable[[socket.socket, list[bytes]], None]
"""What a peer does about the SoupBinTCP payloads that it has just read."""


@contextmanager
def peer(answer: Answer) -> Iterator[socket.socket]:
    """A socket at whose other end a thread reads SoupBinTCP packets until the end of the stream."""
    near, far = socket.socketpair()

    def serve() -> None:
        rest = b""
        with far:
            while data := far.recv(4096):
                split = soup.split(rest + data, 65_535)
                rest = split.rest
                answer(far, [payload for _, payload in split.packets])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with near:
            yield near
            near.shutdown(socket.SHUT_WR)
    finally:
        thread.join()


REPORT = soup.packet(soup.SEQUENCED_DATA, b"report")


def frames(count: int) -> bytes:
    return b"".join(soup.packet(soup.UNSEQUENCED_DATA, b"order %d" % nth) for nth in range(count))


def test_only_sequenced_packets_count_as_reports(generator: LoadGenerator) -> None:
    def answer(far: socket.socket, orders: list[bytes]) -> None:
        far.sendall((REPORT + soup.SERVER_HEARTBEAT_PACKET + REPORT) * len(orders))

    with peer(answer) as one, peer(answer) as two:
        done = generator.pipelined("soup", [Stream(one, frames(500), 1000), Stream(two, frames(300), 600)], 0)
    assert (done.frames, done.replies) == (800, 1600)
    assert done.others == 800
    assert done.seconds > 0


def test_replies_are_counted_however_they_are_cut(generator: LoadGenerator) -> None:
    def answer(far: socket.socket, orders: list[bytes]) -> None:
        for byte in REPORT * len(orders):
            far.sendall(bytes((byte,)))

    with peer(answer) as sock:
        assert generator.pipelined("soup", [Stream(sock, frames(50), 50)], 0).replies == 50


def test_a_window_bounds_what_is_unanswered(generator: LoadGenerator) -> None:
    unanswered = [0, 0]

    def answer(far: socket.socket, orders: list[bytes]) -> None:
        unanswered[0] += len(orders)
        unanswered[1] = max(unanswered)
        if unanswered[0] == 8:
            unanswered[0] -= 1
            far.sendall(REPORT)

    def finish(far: socket.socket, orders: list[bytes]) -> None:
        answer(far, orders)
        seen[0] += len(orders)
        if seen[0] == 100:
            far.sendall(REPORT * unanswered[0])

    seen = [0]
    with peer(finish) as sock:
        done = generator.pipelined("soup", [Stream(sock, frames(100), 100)], 0, window=8)
    assert done.replies == 100
    assert unanswered[1] == 8


def test_a_round_trip_lasts_until_its_last_reply(generator: LoadGenerator) -> None:
    seen: list[bytes] = []

    def answer(far: socket.socket, orders: list[bytes]) -> None:
        assert len(orders) == 1, "the next frame was sent before the last reply"
        far.sendall(REPORT * (1, 3)[len(seen) % 2])
        seen.extend(orders)

    with peer(answer) as sock:
        done = generator.ping_pong("soup", Stream(sock, frames(100), (1, 3)), 0, warm_up=20)
    assert (done.round_trips, len(seen)) == (80, 100)
    assert len(done.p50_us) == 2
    assert 0 < done.min_us <= min(done.p50_us) <= max(done.p50_us) <= done.p99_us


def test_an_echo_is_counted_frame_by_frame(generator: LoadGenerator) -> None:
    with peer(lambda far, orders: far.sendall(b"".join(soup.packet(85, it) for it in orders))) as sock:
        assert generator.pipelined("soup", [Stream(sock, frames(70), 70)], 0, count_all=True).replies == 70


def test_of_fix_messages_only_execution_reports_count(generator: LoadGenerator) -> None:
    encoder = Encoder("FIX.4.4", "TRADEENGINE", "BUYER")
    now = "20260101-00:00:00.000"
    orders = b"".join(encoder.encode("D", nth, now, "11=a\x01") for nth in range(1, 4))
    replies = b"".join(
        encoder.encode(kind, nth, now, "58=35=8\x01") for nth, kind in enumerate(("0", "8", "8", "AE", "8"), 1)
    )
    near, far = socket.socketpair()
    with near, far:
        far.sendall(replies)
        done = generator.pipelined("fix", [Stream(near, orders, 3)], 0)
    assert (done.frames, done.replies, done.others) == (3, 3, 2)


def test_a_refusal_is_shown_when_the_peer_closes(generator: LoadGenerator) -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(REPORT + soup.packet(soup.UNSEQUENCED_DATA, b"no such instrument"))
        far.shutdown(socket.SHUT_WR)
        with pytest.raises(LoadFailed, match=r"(?s)peer closed.*1 of 9 replies, 1 other frames, the last: .*no such"):
            generator.pipelined("soup", [Stream(near, frames(1), 9)], 0)


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1\r\n\r\n" * 2, b"8=FIX.4.4\x019=1x\x01", b"8=FIX.4.4\x0135=0\x01"])
def test_what_is_no_fix_ends_the_run(generator: LoadGenerator, junk: bytes) -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(junk)
        with pytest.raises(LoadFailed, match="no FIX"):
            generator.pipelined("fix", [Stream(near, Encoder("FIX.4.4", "A", "B").encode("0", 1, "x", ""), 1)], 0)


# ---- the minimal book and the stages --------------------------------------------------------------------------------


def test_the_minimal_book_trades_at_the_best_price_and_the_oldest_order_first() -> None:
    book = MinimalBook()
    for order, px in ((1, 101), (2, 100), (3, 100)):
        book.add(order, 1, px, 5)
    book.cancel(2)
    book.add(4, 0, 101, 7)
    assert (book.trades, book.traded_qty, book.notional) == (2, 7, 5 * 100 + 2 * 101)
    assert book.best() == (0, 101)
    book.add(5, 0, 99, 1)
    book.add(6, 1, 100, 1, rests=False)
    assert (book.trades, book.best()) == (2, (99, 101))


def test_a_stage_is_charged_what_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "thread_time", lambda: now[0])

    def work(seconds: float) -> None:
        now[0] += seconds

    def outer() -> None:
        work(1)
        owner.inner()
        owner.inner()

    owner: Any = SimpleNamespace(outer=outer, inner=lambda: work(2))
    stages = Stages()
    with stages.wrapped([("out", owner, "outer"), ("in", owner, "inner")]):
        owner.outer()
    measured = {name: (stage.seconds, stage.calls) for name, stage in stages.by_name.items()}
    assert measured["out"] == (1, 1)
    assert measured["in"] == (4, 2)
    assert owner.outer is outer
    stages.reset()
    assert all(stage.calls == 0 for stage in stages.by_name.values())
