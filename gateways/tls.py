"""TLS on the gateways' sockets: the standard library's, between two buffers in memory, so that writes still never wait.

What is written is encrypted into a buffer at once and goes on as any other bytes do; what is read is decrypted in the
reading task. A client that stops in the middle of a handshake is a client that does not log on in time.
"""

from __future__ import annotations

import contextlib
import hashlib
import ssl
from pathlib import Path

import msgspec
import trio

from gateways.transport import RECEIVE_MAX, HandshakeFailed, Outlet, receive

PLAIN_HANDSHAKE = b"\x16\x03"
"""What a TLS client begins with: no message of a plain protocol does."""
_CLIENT_CERTIFICATES = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}


class TlsUnusable(Exception):
    """A certificate or key can't be read, or they don't go together; says which."""


class TlsFiles(msgspec.Struct, frozen=True):
    """Where the venue's certificate is, in PEM, and whose clients' certificates it trusts."""

    certificate: Path
    """With the chain that leads to it, if any."""
    key: Path
    """Not encrypted."""
    client_ca: Path | None = None
    """The authorities whose client certificates are good; None: clients are not asked for any."""
    client_certificates: str = "optional"
    """With ``client_ca``: ``optional``, a session says whether it wants one; ``required``, every client shows one."""


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with the library's ciphers; no renegotiation, no compression, no resumption.

    Raises TlsUnusable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    _check_readable(files.certificate, files.key, files.client_ca)
    _show(context, files.certificate, files.key)
    if files.client_ca is not None:
        _trust(context, files.client_ca)
        context.verify_mode = _CLIENT_CERTIFICATES[files.client_certificates]
    return context


def client_context(authorities: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """The other side: ``authorities`` vouch for the server (None: those that the system trusts), ``certificate`` with
    its ``key`` is shown to it, if there is one.

    Raises TlsUnusable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _check_readable(authorities, certificate, key)
    if authorities is None:
        context.load_default_certs()
    else:
        _trust(context, authorities)
    if certificate is not None and key is not None:
        _show(context, certificate, key)
    return context


def _check_readable(*paths: Path | None) -> None:
    for path in filter(None, paths):
        try:
            path.read_bytes()
        except OSError as error:
            raise TlsUnusable(f"{path} cannot be read: {error.strerror}") from None


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # An encrypted key would ask for its password on the terminal.
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise TlsUnusable(f"{certificate} and {key}: no certificate with its key: {_why(error)}") from None


def _trust(context: ssl.SSLContext, authorities: Path) -> None:
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as error:
        raise TlsUnusable(f"{authorities}: no certificates: {_why(error)}") from None


def _no_password() -> str:
    raise ValueError("the key is encrypted")


class TlsOutlet(Outlet):
    """An :class:`Outlet` that speaks TLS: as the server, or as a client of ``server_hostname``."""

    def __init__(
        self, sock: trio.socket.SocketType, buffer_max: int, context: ssl.SSLContext, server_hostname: str | None = None
    ) -> None:
        super().__init__(sock, buffer_max)
        self._peer = "client" if server_hostname is None else "venue"
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_hostname is None, server_hostname=server_hostname
        )
        self._established = False
        self._ended = False
        """Nothing more can be read."""

    async def handshake(self) -> None:
        """See :meth:`Outlet.handshake`. Afterwards :attr:`certificate` is known."""
        while not self._established:
            try:
                self._tls.do_handshake()
                self._established = True
            except ssl.SSLWantReadError:
                self._send_encrypted()
                data = await receive(self._sock)
                if not data:
                    raise HandshakeFailed(self.reason or f"the {self._peer} left during the TLS handshake") from None
                self._incoming.write(data)
            except ssl.SSLError as error:
                self._send_encrypted()  # the alert that says why
                raise HandshakeFailed(f"no TLS connection: {_why(error)}") from None
        self._send_encrypted()
        certificate = self._tls.getpeercert(binary_form=True)
        self.certificate = hashlib.sha256(certificate).hexdigest() if certificate else ""

    def write(self, data: bytes) -> None:
        """See :meth:`Outlet.write`. Before the handshake is over nothing can be said."""
        if self.closed or not self._established:
            return
        try:
            with memoryview(data) as view:
                sent = 0
                while sent < len(view):
                    sent += self._tls.write(view[sent:])
        except ssl.SSLError as error:
            self.abort(f"TLS: {_why(error)}")
            return
        self._send_encrypted()

    async def receive(self, bytes_max: int = RECEIVE_MAX) -> bytes:
        """See :meth:`Outlet.receive`. The end that TLS tells of is one; what is no TLS is one too."""
        if self._incoming.pending and not self._ended:  # it came with the end of the handshake
            decrypted = self._decrypted(bytes_max)
            if decrypted:
                await trio.lowlevel.checkpoint()
                return decrypted
        while not self._ended:
            data = await receive(self._sock, bytes_max)
            if not data:
                return b""
            self._incoming.write(data)
            decrypted = self._decrypted(bytes_max)
            if decrypted:
                return decrypted
        await trio.lowlevel.checkpoint()
        return b""

    def _decrypted(self, bytes_max: int) -> bytes:
        """All that can be read of what has come."""
        parts: list[bytes] = []
        try:
            while part := self._tls.read(bytes_max):
                parts.append(part)
            self._ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self._ended = True
        except ssl.SSLError as error:
            self._ended = True
            self.fault = f"TLS: {_why(error)}"
        self._send_encrypted()  # such as the answer to an update of keys, or an alert
        return b"".join(parts)

    def _send_encrypted(self) -> None:
        data = self._outgoing.read()
        if data:
            super().write(data)

    def _finish_writing(self) -> None:
        """Says close_notify, then the end: a client can tell this from an attacker's."""
        if self._established:
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._send_encrypted()
        super()._finish_writing()


def _why(error: ssl.SSLError | ValueError) -> str:
    """What a person can read of OpenSSL's words."""
    return str(getattr(error, "reason", None) or error).replace("_", " ").lower()
