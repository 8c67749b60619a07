"""The binary port under load: thousands who are idle, who come and go, who send byte by byte, who vanish or don't read.

Scaled down by default; ``LOAD=full`` runs ten thousand idle clients with a hundred active ones, and storms of several
seconds.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from binary_crowd import PASSWORD, Crowd, last_words
from load_venue import connections, held, name, sockets_allowed, write_config
from venue_process import VenueProcess

from engine.types import SCALE
from gateways.binary import codec, soup

FULL = os.environ.get("LOAD") == "full"
IDLE, ACTIVE = (10_000, 100) if FULL else (1_000, 20)
ORDERS = 200 if FULL else 50
"""Of each active client."""
START_S = 120.0
"""A configuration of ten thousand sessions takes its time to be read."""
KIB_MAX = 24
"""Of the venue's memory for an idle connection."""
THREADS_MAX = 8
"""Threads that come and go with work, whoever is connected: they check passwords and prepare segments."""

Tell = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    """One venue for those who leave it as it was; each test trades in sessions of its own."""
    yield from running(tmp_path_factory.mktemp("load"), LOGINS + 10, {})


@pytest.fixture(scope="module")
def impatient_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    """One that gives up soon on who says nothing or doesn't read, but not on a test that the machine holds up."""
    patience = {
        "BINARY__HEARTBEAT_INTERVAL_S": "0.5",
        "BINARY__LOGIN_TIMEOUT_S": "6",
        "BINARY__CLIENT_TIMEOUT_S": "6",
        "BINARY__REPLAY_STALL_TIMEOUT_S": "1",
    }
    yield from running(tmp_path_factory.mktemp("impatient"), 60, patience)


@pytest.fixture
def crowded_venue(tmp_path: Path) -> Iterator[VenueProcess]:
    """One with a session for everybody."""
    yield from running(tmp_path, sockets_allowed(IDLE + ACTIVE), {})


def running(directory: Path, sessions: int, settings: dict[str, str]) -> Iterator[VenueProcess]:
    config = write_config(directory / "load.yaml", sessions)
    venue = VenueProcess(
        directory / "venue", {"JOURNAL__DURABILITY": "os", **settings}, config=config, timeout_s=START_S
    )
    venue.start()
    yield venue
    venue.close()


def tell(capsys: Tell, text: str) -> None:
    """Figures are worth reading where a test passes too."""
    with capsys.disabled():
        print(f"\n  load: {text}")


def login(user: str, sequence: int = 0) -> bytes:
    return soup.login_request(soup.LoginRequest(user, PASSWORD, "", sequence))


def orders(first: int, count: int) -> bytes:
    """Buys and sells in turns, at one price: each sell takes the buy before it."""
    pack = codec.NEW_ORDER.pack
    sides = (b"1", b"2")
    return b"".join([pack(first + nth, 100 * SCALE, SCALE, 1, 0, sides[nth % 2], b"2", b"0") for nth in range(count)])


def reports(count: int) -> int:
    """Of so many orders: each is accepted, and both sides of a trade are told."""
    return 2 * count


def test_idle_connections_cost_little_and_active_ones_trade_among_them(
    crowded_venue: VenueProcess, capsys: Tell
) -> None:
    venue, idle = crowded_venue, sockets_allowed(IDLE + ACTIVE) - ACTIVE
    with Crowd(venue.ports.binary) as crowd:
        active = crowd.join([name(nth) for nth in range(ACTIVE)])
        before = held(venue.pid)
        started = time.monotonic()
        silent = crowd.join([name(nth) for nth in range(ACTIVE, ACTIVE + idle)])
        joined_s = time.monotonic() - started
        after = held(venue.pid)
        kib = (after.resident - before.resident) / len(silent) / 1024
        cpu, started = cpu_s(venue), time.monotonic()
        beats = [member.packets[soup.SERVER_HEARTBEAT] + 3 for member in silent]
        crowd.until(
            lambda: all(
                member.packets[soup.SERVER_HEARTBEAT] >= beat for member, beat in zip(silent, beats, strict=True)
            )
        )
        share = (cpu_s(venue) - cpu) / (time.monotonic() - started)
        for member in active:
            crowd.send(member, orders(1, ORDERS))
        started = time.monotonic()
        crowd.until(lambda: sum(member.packets[soup.SEQUENCED_DATA] for member in active) == reports(ORDERS * ACTIVE))
        rate = ORDERS * ACTIVE / (time.monotonic() - started)
        tell(
            capsys,
            f"{len(silent):,} idle connections: {kib:.1f} KiB each, logged in at {len(silent) / joined_s:,.0f}/s, "
            f"{share:.0%} of a core while idle; {ACTIVE} active among them: {rate:,.0f} orders/s",
        )
        assert not crowd.ended(), last_words(crowd.ended()[0])
        assert kib < KIB_MAX
        assert after.threads <= before.threads + THREADS_MAX


# ---- who comes and goes ---------------------------------------------------------------------------------------------

STORM = 10_000 if FULL else 1_500
LOGINS = 2_000 if FULL else 300
GROWTH_MAX = 8 * 1024 * 1024
"""Of the venue's memory over a storm like the one before it: its journal's index grows, connections don't."""
LOGIN = login(name(1))
BEFORE_LEAVING = (b"", LOGIN[:1], LOGIN[:-1], soup.CLIENT_HEARTBEAT_PACKET, b"\x00\x00", b"GET / HTTP/1.1\r\n\r\n")


class Trader:
    """Somebody else, who trades all the while."""

    def __init__(self, crowd: Crowd, session: int) -> None:
        self._crowd = crowd
        (self.member,) = crowd.join([name(session)])
        self._first = time.time_ns()
        self._sent = 0

    def trade(self) -> None:
        """A buy and a sell that takes it."""
        self._crowd.send(self.member, orders(self._first + self._sent, 2))
        self._sent += 2
        self._crowd.play()

    def is_served(self) -> bool:
        assert not self.member.ended, last_words(self.member)
        return self.member.packets[soup.SEQUENCED_DATA] == reports(self._sent)


def storm(venue: VenueProcess, trader: Trader, count: int) -> None:
    """Connects and leaves, in one way or another, without a login."""
    for nth in range(count):
        sock = connect(venue.ports.binary)
        sock.send(BEFORE_LEAVING[nth % len(BEFORE_LEAVING)])
        if nth % 5 == 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        if nth % 20 == 0:
            trader.trade()


def connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), 60)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def test_a_storm_of_connections_leaves_nothing_behind(venue: VenueProcess, capsys: Tell) -> None:
    with Crowd(venue.ports.binary) as crowd:
        trader = Trader(crowd, 5)
        storm(venue, trader, STORM)
        crowd.until(lambda: trader.is_served() and connections(venue.ports.binary) == 1)
        first = held(venue.pid)
        started = time.monotonic()
        storm(venue, trader, STORM)
        crowd.until(lambda: trader.is_served() and connections(venue.ports.binary) == 1)
        rate = STORM / (time.monotonic() - started)
        second = held(venue.pid)
        grown = second.resident - first.resident
        tell(capsys, f"{STORM:,} connects and disconnects at {rate:,.0f}/s: {grown / 1024:,.0f} KiB more than before")
        assert grown < GROWTH_MAX
        assert second.threads <= first.threads + THREADS_MAX


def test_a_storm_of_logins_leaves_nothing_behind(venue: VenueProcess, capsys: Tell) -> None:
    with Crowd(venue.ports.binary) as crowd:
        trader = Trader(crowd, 6)
        names = [name(nth) for nth in range(10, LOGINS + 10)]
        resident: list[int] = []
        for _ in range(3):
            started = time.monotonic()
            for at in range(0, LOGINS, 50):
                for member in crowd.join(names[at : at + 50]):
                    crowd.leave(member)
                trader.trade()
            rate = LOGINS / (time.monotonic() - started)
            crowd.until(lambda: trader.is_served() and connections(venue.ports.binary) == 1)
            resident.append(held(venue.pid).resident)
        grown = resident[-1] - resident[-2]
        tell(capsys, f"{LOGINS:,} logins and disconnects at {rate:,.0f}/s: {grown / 1024:,.0f} KiB more than before")
        assert grown < GROWTH_MAX


def test_guessing_passwords_costs_nobody_else(venue: VenueProcess, capsys: Tell) -> None:
    """Each guess costs what scrypt does, also for a name that is nobody's; four at a time, in threads of their own."""
    guesses = 100 if FULL else 20
    with Crowd(venue.ports.binary) as crowd:
        trader = Trader(crowd, 7)
        started = time.monotonic()
        guessers = [connect(venue.ports.binary) for _ in range(guesses)]
        wrong = soup.login_request(soup.LoginRequest("NOBODY", "guess", "", 0))
        for sock in guessers:
            sock.sendall(wrong)
        answers: list[bytes] = []
        for sock in guessers:
            trader.trade()
            crowd.until(trader.is_served)
            answers.append(sock.recv(4))
            sock.close()
        rate = guesses / (time.monotonic() - started)
        tell(capsys, f"{guesses} logins that scrypt refuses, at {rate:.0f}/s; an order's round trip goes between two")
        assert set(answers) == {soup.login_rejected(soup.NOT_AUTHORISED)}


# ---- how bytes come, and stop coming --------------------------------------------------------------------------------


def dialogue(user: str) -> bytes:
    """A session from its login to its logout, with a request of each kind and one that breaks a rule."""
    requests = [
        login(user),
        codec.INSTRUMENT_LIST_REQUEST.pack(1),
        codec.NEW_ORDER.pack(1, 100 * SCALE, SCALE, 1, 0, b"1", b"2", b"1"),
        codec.NEW_ORDER.pack(1, 100 * SCALE, SCALE, 1, 0, b"1", b"2", b"1"),
        codec.NEW_ORDER.pack(2, 101 * SCALE, 2 * SCALE, 1, 0, b"2", b"2", b"1"),
        codec.REPLACE_ORDER.pack(3, 1, 0, 99 * SCALE, 2 * SCALE, 1, 0, b"1"),
        codec.NEW_ORDER.pack(4, 99 * SCALE, SCALE, 9, 0, b"1", b"2", b"0"),
        soup.CLIENT_HEARTBEAT_PACKET,
        codec.ORDER_STATUS_REQUEST.pack(2, 3, 0),
        codec.NEW_ORDER.pack(5, 99 * SCALE, SCALE, 1, 0, b"2", b"2", b"3"),
        soup.packet(soup.UNSEQUENCED_DATA, b"\x01\x02\x03"),
        codec.OPEN_ORDERS_REQUEST.pack(3, 0, 0, b"\x00"),
        codec.CANCEL_ORDER.pack(6, 3, 0, 1, 0, b"1"),
        codec.MASS_CANCEL.pack(7, 0, 0, b"\x00"),
        codec.BOOK_REQUEST.pack(4, 1, 10),
        soup.LOGOUT_REQUEST_PACKET,
    ]
    return b"".join(requests)


def told(venue: VenueProcess, segments: Iterable[bytes]) -> tuple[list[int], list[int]]:
    """The templates that come back, of reports and of answers, until the venue has closed the connection."""
    with connect(venue.ports.binary) as sock:
        for segment in segments:
            sock.sendall(segment)
        data = b"".join(iter(lambda: sock.recv(65_536), b""))
    packets = soup.split(data, soup.PAYLOAD_MAX + 1).packets
    assert [kind for kind, _ in packets].count(soup.LOGIN_ACCEPTED) == 1
    return (
        [codec.HEADER.unpack_from(payload)[1] for kind, payload in packets if kind == soup.SEQUENCED_DATA],
        [codec.HEADER.unpack_from(payload)[1] for kind, payload in packets if kind == soup.UNSEQUENCED_DATA],
    )


def test_a_dialogue_is_the_same_split_at_every_byte(venue: VenueProcess) -> None:
    reports_whole, answers_whole = told(venue, [dialogue(name(1))])
    sent = dialogue(name(2))
    reports_split, answers_split = told(venue, (sent[at : at + 1] for at in range(len(sent))))
    assert reports_split == reports_whole
    assert answers_split == answers_whole
    assert len(reports_split) == 11
    assert len(answers_split) == 8


def test_a_dialogue_is_the_same_split_once_at_any_byte(venue: VenueProcess) -> None:
    """A login, a request and a logout in two segments, cut at each byte in turn."""
    request = codec.ORDER_STATUS_REQUEST.pack(1, 1, 0)
    first = login(name(3))
    sent = first + request + soup.LOGOUT_REQUEST_PACKET
    expected = ([], [codec.ORDER_STATUS.template_id])
    for at in range(len(first) - 2, len(sent)):
        assert told(venue, [sent[:at], sent[at:]]) == expected


def test_a_client_that_does_not_read_its_replay_is_cut(impatient_venue: VenueProcess) -> None:
    venue = impatient_venue
    many = 40_000
    with Crowd(venue.ports.binary, heartbeat_s=0.5) as crowd:
        trader = Trader(crowd, 5)
        (busy,) = crowd.join([name(1)])
        crowd.send(busy, orders(1, many))
        crowd.until(lambda: busy.packets[soup.SEQUENCED_DATA] == reports(many))
        crowd.leave(busy)
        crowd.until(lambda: connections(venue.ports.binary) == 1)
        with connect(venue.ports.binary) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.sendall(login(name(1), 1))
            assert deaf.recv(3)[2] == soup.LOGIN_ACCEPTED
            crowd.until(lambda: connections(venue.ports.binary) == 1)
        trader.trade()
        crowd.until(trader.is_served)
        # The session is free again, and nothing of its reports is lost.
        with connect(venue.ports.binary) as back:
            back.sendall(login(name(1), 1) + soup.LOGOUT_REQUEST_PACKET)
            assert back.recv(3)[2] == soup.LOGIN_ACCEPTED


TCP_REPAIR = 19
"""A socket in this mode is closed without a word to its peer; it takes CAP_NET_ADMIN."""


def vanish(sock: socket.socket) -> None:
    """As if the client's machine had lost its power and come back."""
    try:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except PermissionError:
        pytest.skip("only who may administer the network can leave a connection half open")
    sock.close()


def test_clients_that_vanish_are_found_out_and_may_come_back(impatient_venue: VenueProcess) -> None:
    venue = impatient_venue
    with Crowd(venue.ports.binary, heartbeat_s=0.5) as crowd:
        trader = Trader(crowd, 6)
        names = [name(nth) for nth in range(10, 60)]
        gone = crowd.join(names)
        for member in gone:
            crowd.vanish(member, vanish)
        crowd.until(lambda: connections(venue.ports.binary) == 1)
        trader.trade()
        crowd.until(trader.is_served)
        assert len(crowd.join(names)) == 50


def test_clients_that_fall_silent_are_cut_in_time(impatient_venue: VenueProcess) -> None:
    venue = impatient_venue
    with Crowd(venue.ports.binary, heartbeat_s=0) as crowd:
        silent = crowd.join([*[""] * 25, *[name(nth) for nth in range(10, 35)]])
        crowd.until(lambda: all(member.ended for member in silent))
        words = {bytes(member.held) for member in silent}
        assert words == {b"no login within 6 s", b"nothing was heard for 6 s"}


def test_a_client_that_has_finished_writing_is_told_what_it_asked(venue: VenueProcess) -> None:
    """Half closed: in `os` durability the venue answers what came before, then closes its side."""
    with connect(venue.ports.binary) as sock:
        sock.sendall(login(name(4)) + orders(1, 100))
        sock.shutdown(socket.SHUT_WR)
        data = b"".join(iter(lambda: sock.recv(65_536), b""))
    kinds = [kind for kind, _ in soup.split(data, soup.PAYLOAD_MAX + 1).packets]
    assert kinds.count(soup.SEQUENCED_DATA) == reports(100)


def cpu_s(venue: VenueProcess) -> float:
    """What the venue's process has used."""
    fields = Path(f"/proc/{venue.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
