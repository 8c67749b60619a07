"""The operators' token: configured, or made at the first start and kept where only the venue's owner can read it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from config.settings import TOKEN, Settings

TOKEN_NAME: Final = "admin.token"  # noqa: S105 - a file's name
_BYTES = 32


class TokenUnusable(Exception):
    """The token's file can't be read or written, or holds no token."""


def token_path(data_dir: Path) -> Path:
    return data_dir / TOKEN_NAME


def admin_token(settings: Settings) -> str:
    """The token in force; one is made (mode 0600) where none is configured or kept. Raises TokenUnusable."""
    if settings.admin.token:
        return settings.admin.token
    path = token_path(settings.data_dir)
    try:
        if not path.exists():
            _create(path, secrets.token_urlsafe(_BYTES))
    except OSError as error:
        raise TokenUnusable(f"{path} cannot be written: {error.strerror}") from None
    return read_token(path)


def read_token(path: Path) -> str:
    """The token in a file. Raises TokenUnusable."""
    try:
        token = TOKEN.parse(path.read_text("ascii").strip())
    except OSError as error:
        raise TokenUnusable(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        token = ""
    if not token:
        raise TokenUnusable(f"{path} holds no token; expected {TOKEN.allowed}")
    return token


def _create(path: Path, token: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(token + "\n")
    partial.rename(path)
