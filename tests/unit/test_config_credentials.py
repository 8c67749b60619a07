"""Password hashes: what verifies, what does not, and what may not cost too much."""

from __future__ import annotations

import base64
import hashlib

import pytest

from config import credentials
from config.credentials import NOBODY, hash_password, is_credential, verify

SALT = bytes(range(16))
CHEAP = {"n": 16, "r": 1, "p": 1}


def credential(n: object = 16, r: object = 1, p: object = 1, salt: bytes = SALT, digest: bytes = bytes(32)) -> str:
    return f"scrypt${n}${r}${p}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def test_password_verifies_against_its_own_hash_only() -> None:
    hashed = hash_password("demo", SALT, **CHEAP)
    assert verify("demo", hashed)
    assert not verify("Demo", hashed)
    assert not verify("", hashed)


def test_hash_is_scrypt_as_rfc_7914_defines_it() -> None:
    """RFC 7914 section 12, third vector: its first 32 bytes are PBKDF2's first block, so a shorter output agrees."""
    hashed = hash_password("pleaseletmein", b"SodiumChloride", n=16384, r=8, p=1)
    expected = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
    assert base64.b64decode(hashed.split("$")[-1]).hex() == expected
    assert hashed.startswith("scrypt$16384$8$1$")
    assert verify("pleaseletmein", hashed)


def test_salt_makes_equal_passwords_differ() -> None:
    assert hash_password("demo", SALT, **CHEAP) != hash_password("demo", SALT[::-1], **CHEAP)


def test_password_beyond_ascii_and_from_bytes_that_were_no_utf8() -> None:
    hashed = hash_password("pässwörd", SALT, **CHEAP)
    assert verify("pässwörd", hashed)
    assert not verify("p\udce4ssw", hashed)


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "demo",
        "scrypt",
        "scrypt$16$1$1$$",
        "bcrypt" + credential().removeprefix("scrypt"),
        credential() + "$",
        credential(n=15),
        credential(n=0),
        credential(n="-16"),
        credential(n="٢"),
        credential(n="1" * 9),
        credential(r=0),
        credential(p=0),
        credential(salt=b"short"),
        credential(salt=bytes(65)),
        credential(digest=bytes(31)),
        credential().replace("AAAA", "A*AA"),
        credential() + "A" * 300,
        credential() + "é",
    ],
)
def test_malformed_credential_is_no_match_and_no_error(malformed: str) -> None:
    assert not verify("demo", malformed)
    assert not is_credential(malformed)


@pytest.mark.parametrize(
    ("n", "r", "p"),
    [(2**20, 8, 1), (2**16, 16, 1), (2**14, 8, 9), (2**14, 2**13, 1), (2**16, 1, 1), (2, 1, 2**20)],
)
def test_costly_credential_is_refused_before_it_is_computed(
    n: int, r: int, p: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashlib, "scrypt", lambda *_, **__: pytest.fail("computed"))
    assert not verify("demo", credential(n, r, p))
    with pytest.raises(ValueError, match=rf"n={n}, r={r}"):
        hash_password("demo", SALT, n=n, r=r, p=p)


def test_costliest_allowed_credential_computes() -> None:
    assert verify("demo", hash_password("demo", SALT, n=2**16, r=8, p=1))


@pytest.mark.parametrize("length", [7, 65])
def test_salt_length_is_checked(length: int) -> None:
    with pytest.raises(ValueError, match=f"8 to 64 bytes, not {length}"):
        hash_password("demo", bytes(length))


def test_nobody_is_a_credential_of_default_cost_that_nothing_matches() -> None:
    assert is_credential(NOBODY)
    assert NOBODY.startswith(f"scrypt${credentials.N}${credentials.R}${credentials.P}$")
    assert not verify("", NOBODY)
    assert not verify("demo", NOBODY)
