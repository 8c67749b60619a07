"""Authenticate: a signature by one of the session's keys, over a nonce of the venue's. Both ends use this module.

A SoupBinTCP login has room for ten characters of password. A session that has keys is challenged after Login Accepted,
and everything but Authenticate is refused until it has answered.
"""

from __future__ import annotations

import base64
import binascii
import struct
from enum import IntEnum
from typing import Final, NamedTuple

from gateways.binary import codec
from gateways.binary.codec import HEADER_SIZE
from gateways.binary.rejects import MessageRefused, MessageRejectReason

DOMAIN: Final = "TradeEngine-SoupBin-1"
"""What is signed begins with this, so that it is good for nothing else."""
NONCE_BYTES: Final = 32

_SEPARATOR: Final = "\x01"


class SignatureAlgorithm(IntEnum):
    """How Authenticate is signed."""

    ED25519 = 1
    """RFC 8032; 64 bytes."""
    HMAC_SHA256 = 2
    """RFC 2104; 32 bytes."""


_SIGNATURE_BYTES: Final = {SignatureAlgorithm.ED25519: 64, SignatureAlgorithm.HMAC_SHA256: 32}


class Authentication(NamedTuple):
    """What an Authenticate says."""

    key_id: str
    """Empty: any of the session's."""
    signature: bytes


def signed_payload(session: str, username: str, nonce: str) -> bytes:
    """What is signed: :data:`DOMAIN`, the session's name as Login Accepted has it and the user name as Login Request
    has it, both without their padding, and the challenge's Nonce, with a byte 1 between them."""
    return _SEPARATOR.join((DOMAIN, session, username, nonce)).encode("ascii", "replace")


def encode_challenge(nonce: bytes, expire_ns: int) -> tuple[bytes, str]:
    """An AuthenticationChallenge packet, and its Nonce as it is signed. ``expire_ns``: nanoseconds UTC."""
    text = base64.b64encode(nonce)
    packet: bytes = codec.AUTHENTICATION_CHALLENGE.pack(text, expire_ns)
    return packet, text.decode("ascii")


def is_authenticate(payload: bytes) -> bool:
    """Whether the payload says that it is one."""
    return payload[2:HEADER_SIZE] == codec.AUTHENTICATE.header[2:] or (
        len(payload) >= HEADER_SIZE
        and codec.HEADER.unpack_from(payload)[1:3] == (codec.AUTHENTICATE.template_id, codec.SCHEMA_ID)
    )


def read_authenticate(payload: bytes) -> Authentication:
    """Raises MessageRefused if it is too short, or holds no signature of its algorithm."""
    if len(payload) < HEADER_SIZE + codec.AUTHENTICATE.block_length or not codec.AUTHENTICATE.fits(payload):
        raise MessageRefused(MessageRejectReason.BLOCK_TOO_SHORT, 0, "Authenticate ends too early")
    key_id, algorithm, text = codec.AUTHENTICATE.unpack(payload, HEADER_SIZE)
    wanted = _SIGNATURE_BYTES.get(algorithm)
    if wanted is None:
        raise MessageRefused(MessageRejectReason.INVALID_VALUE, 0, f"SignatureAlgorithm {algorithm} is not supported")
    try:
        signature = base64.b64decode(text.rstrip(b" \x00"), validate=True)
    except binascii.Error:
        signature = b""
    if len(signature) != wanted:
        raise MessageRefused(MessageRejectReason.INVALID_VALUE, 0, f"Signature is not base64 of {wanted} bytes")
    return Authentication(codec.from_text(key_id), signature)


def encode_authenticate(key_id: str, algorithm: SignatureAlgorithm, signature: bytes) -> bytes:
    """An Authenticate packet. Raises ValueError if ``signature`` is not of that algorithm."""
    if len(signature) != _SIGNATURE_BYTES[algorithm]:
        raise ValueError(f"signature of {len(signature)} bytes: {algorithm.name} makes {_SIGNATURE_BYTES[algorithm]}")
    name = key_id.encode("ascii")
    if len(name) > struct.calcsize("32s"):
        raise ValueError("key_id: at most 32 characters")
    packet: bytes = codec.AUTHENTICATE.pack(name, algorithm, base64.b64encode(signature))
    return packet


def read_challenge(payload: bytes) -> tuple[str, int]:
    """The Nonce of an AuthenticationChallenge as it is to be signed, and until when. Raises ``struct.error``."""
    nonce, expire_ns = codec.AUTHENTICATION_CHALLENGE.unpack(payload, HEADER_SIZE)
    return codec.from_text(nonce), expire_ns
