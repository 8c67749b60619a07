"""What version of the program this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The installed package's version; empty when it runs from a source tree that is not installed."""
    try:
        return version("tradeengine")
    except PackageNotFoundError:
        return ""
