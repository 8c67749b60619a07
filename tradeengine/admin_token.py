"""The operators' token: configured, or made at the first start and kept where only the venue's owner can read it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from config.settings import TOKEN, Settings
from tradeengine.private_files import create_private

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
            create_private(path, secrets.token_urlsafe(_BYTES))
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
