"""Salted password hashes (scrypt, RFC 7914) in the form ``scrypt$n$r$p$salt$hash``, salt and hash in base64.

Pure: the caller brings the salt's randomness. One hash with the default parameters costs about 40 ms of CPU (outside
the GIL) and 16 MiB, so it belongs into a thread where the event loop must not wait.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final, NamedTuple

N: Final = 2**14
R: Final = 8
P: Final = 1

MEMORY_BYTES_MAX: Final = 64 * 2**20
"""The working memory, 128 × n × r, that a credential may ask for: a hostile hash cannot take more."""

COST_MAX: Final = 2**20
"""The most n × r × p that a credential may ask for: eight times the default, about a third of a second."""

SALT_BYTES_MIN: Final = 8
SALT_BYTES_MAX: Final = 64
HASH_BYTES: Final = 32
_TEXT_MAX = 256
_DIGITS_MAX = 8


class _Credential(NamedTuple):
    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes


def hash_password(password: str, salt: bytes, *, n: int = N, r: int = R, p: int = P) -> str:
    """The credential that :func:`verify` holds a password against.

    Args:
        password: as the client will send it; hashed as UTF-8.
        salt: 8 to 64 random bytes (16 are usual), new for every password.
        n: CPU and memory cost, a power of two. r: block size. p: parallelism.

    Raises:
        ValueError: a salt or parameters outside the limits of this module.
    """
    problem = _out_of_bounds(n, r, p, salt)
    if problem:
        raise ValueError(problem)
    digest = _scrypt(password, n, r, p, salt)
    return f"scrypt${n}${r}${p}${_encode(salt)}${_encode(digest)}"


def verify(password: str, credential: str) -> bool:
    """Whether the password is the one that was hashed; False for a credential that is none.

    Takes the same time whatever the password, so an unknown user is best verified against :data:`NOBODY`.
    """
    parsed = _parse(credential)
    if parsed is None:
        return False
    return hmac.compare_digest(_scrypt(password, parsed.n, parsed.r, parsed.p, parsed.salt), parsed.digest)


def is_credential(text: str) -> bool:
    """Whether the text is a well-formed credential within the limits."""
    return _parse(text) is not None


def _parse(text: str) -> _Credential | None:
    parts = text.split("$") if len(text) <= _TEXT_MAX and text.isascii() else []
    if len(parts) != 6 or parts[0] != "scrypt":
        return None
    if not all(1 <= len(part) <= _DIGITS_MAX and part.isdigit() for part in parts[1:4]):
        return None
    n, r, p = (int(part) for part in parts[1:4])
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in parts[4:])
    except binascii.Error:
        return None
    if _out_of_bounds(n, r, p, salt) or len(digest) != HASH_BYTES:
        return None
    return _Credential(n, r, p, salt, digest)


def _out_of_bounds(n: int, r: int, p: int, salt: bytes) -> str:
    """What is wrong with the parameters; empty if nothing."""
    if n < 2 or n & (n - 1) or r < 1 or p < 1:
        return f"scrypt needs n a power of two, r and p at least 1, not n={n}, r={r}, p={p}"
    if n >= 2 ** (16 * r):
        return f"scrypt needs n below 2^(16 r), not n={n}, r={r}"
    if 128 * n * r > MEMORY_BYTES_MAX or n * r * p > COST_MAX:
        return f"n={n}, r={r}, p={p} costs more than is allowed here"
    if not SALT_BYTES_MIN <= len(salt) <= SALT_BYTES_MAX:
        return f"a salt has {SALT_BYTES_MIN} to {SALT_BYTES_MAX} bytes, not {len(salt)}"
    return ""


def _scrypt(password: str, n: int, r: int, p: int, salt: bytes) -> bytes:
    # A lone surrogate comes from bytes that were no UTF-8: it must not match, and it must not raise.
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=128 * r * (n + p + 2) + 2**20, dklen=HASH_BYTES)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


NOBODY: Final = f"scrypt${N}${R}${P}${_encode(bytes(16))}${_encode(bytes(HASH_BYTES))}"
"""Matches no password, at the price of a real one: so that a log-on's time does not tell which users exist."""
