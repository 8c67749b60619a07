"""What went over a connection, as a capture file that any packet analyser reads (pcap, nanoseconds, Ethernet)."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from pathlib import Path

_SEGMENT = 1448
_ADDRESSES = (bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))
_FIN, _SYN, _PSH, _ACK = 1, 2, 8, 16
_IPV4, _TCP, _UDP, _ETHERNET = 0x0800, 6, 17, 1
_PCAP_NS = 0xA1B23C4D


class Capture:
    """One connection: :meth:`sent` keeps bytes, :meth:`save` writes them as TCP segments with right checksums."""

    def __init__(self, server_port: int, client_port: int = 40_000) -> None:
        self._ports = (client_port, server_port)
        self._bytes: list[tuple[int, bool, bytes]] = []

    def sent(self, by_client: bool, data: bytes) -> None:
        self._bytes.append((time.time_ns(), by_client, data))

    def save(self, path: Path) -> None:
        next_seq = [1000, 5000]
        packets: list[bytes] = []

        def add(now_ns: int, side: int, flags: int, payload: bytes = b"") -> None:
            ack = next_seq[1 - side] if flags & _ACK else 0
            packets.append(_packet(now_ns, _frame(side, self._ports, next_seq[side], ack, flags, payload)))
            next_seq[side] += len(payload) + (1 if flags & (_SYN | _FIN) else 0)

        first = self._bytes[0][0]
        add(first, 0, _SYN)
        add(first, 1, _SYN | _ACK)
        add(first, 0, _ACK)
        for now_ns, by_client, data in self._bytes:
            for at in range(0, len(data), _SEGMENT):
                add(now_ns, 0 if by_client else 1, _PSH | _ACK, data[at : at + _SEGMENT])
        last = self._bytes[-1][0]
        add(last, 1, _FIN | _ACK)
        add(last, 0, _FIN | _ACK)
        add(last, 1, _ACK)
        _write(path, packets)


def udp_capture(path: Path, server_port: int, payloads: list[bytes], client_port: int = 40_000) -> None:
    """Datagrams from a server to a client."""
    source, target = reversed(_ADDRESSES)
    packets: list[bytes] = []
    for payload in payloads:
        length = 8 + len(payload)
        udp = struct.pack(">HHHH", server_port, client_port, length, 0) + payload
        udp = udp[:6] + _checksum(source + target + struct.pack(">HH", _UDP, length) + udp) + udp[8:]
        packets.append(_packet(time.time_ns(), _datagram(_UDP, source, target, udp)))
    _write(path, packets)


def _write(path: Path, packets: list[bytes]) -> None:
    path.write_bytes(struct.pack("<IHHiIII", _PCAP_NS, 2, 4, 0, 0, 65_535, _ETHERNET) + b"".join(packets))


def _packet(now_ns: int, frame: bytes) -> bytes:
    return struct.pack("<IIII", *divmod(now_ns, 10**9), len(frame), len(frame)) + frame


def _frame(side: int, ports: tuple[int, int], seq: int, ack: int, flags: int, payload: bytes) -> bytes:
    source, target = _ADDRESSES[side], _ADDRESSES[1 - side]
    tcp = struct.pack(">HHIIBBHHH", ports[side], ports[1 - side], seq, ack, 5 << 4, flags, 65_535, 0, 0)
    pseudo = source + target + struct.pack(">HH", _TCP, len(tcp) + len(payload))
    tcp = tcp[:16] + _checksum(pseudo + tcp + payload) + tcp[18:]
    return _datagram(_TCP, source, target, tcp + payload)


def _datagram(protocol: int, source: bytes, target: bytes, payload: bytes) -> bytes:
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0) + source + target
    ip = ip[:10] + _checksum(ip) + ip[12:]
    return bytes(12) + struct.pack(">H", _IPV4) + ip + payload


def _checksum(data: bytes) -> bytes:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~total & 0xFFFF)


class Relay:
    """Stands between a client and ``server_port``, and keeps what one connection carries in a :class:`Capture`."""

    def __init__(self, server_port: int, shown_port: int) -> None:
        """``shown_port``: the server's port in the capture."""
        self.capture = Capture(shown_port)
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        """Waits until both ends have closed."""
        self._thread.join()

    def _run(self) -> None:
        client, _ = self._listener.accept()
        self._listener.close()
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            towards = {client: server, server: client}
            while towards:
                for ready in select.select(list(towards), [], [])[0]:
                    data = ready.recv(65_536)
                    if data:
                        self.capture.sent(ready is client, data)
                        towards[ready].sendall(data)
                    else:
                        towards.pop(ready).shutdown(socket.SHUT_WR)
