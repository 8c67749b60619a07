"""The effective settings as YAML that can be loaded again, with a comment where a value is not a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from config.kinds import MASK, Kind, quote
from config.schema import field_types, kind_of
from config.settings import Settings

_INDENT: Final = "  "


def render(settings: Settings, masked: bool = True, origins: Mapping[str, str] | None = None) -> str:
    """The settings as YAML.

    Args:
        settings: what to show.
        masked: passwords, hashes and tokens are shown as ``***``; otherwise the text loads to equal settings.
        origins: from :func:`config.loader.load_with_origins`: says where a value was given.
    """
    return "\n".join(_Renderer(masked, origins or {}).struct(settings, "", "")) + "\n"


def render_entry(entry: msgspec.Struct) -> str:
    """One entry of a list, such as an instrument, as YAML; secrets too."""
    return "\n".join(_Renderer(False, {}).struct(entry, "", "")) + "\n"


class _Renderer:
    def __init__(self, masked: bool, origins: Mapping[str, str]) -> None:
        self._masked = masked
        self._origins = origins

    def struct(self, value: msgspec.Struct, path: str, indent: str) -> Iterator[str]:
        for name, hint in field_types(type(value)).items():
            yield from self._entry(name, hint, getattr(value, name), f"{path}.{name}" if path else name, indent)

    def _entry(self, name: str, hint: Any, value: Any, path: str, indent: str) -> Iterator[str]:
        """One key with its value: on its line, or on indented lines below it."""
        kind = kind_of(hint)
        if kind is not None:
            yield f"{indent}{name}: {self._scalar(kind, value)}{self._comment(path)}"
        elif isinstance(value, msgspec.Struct):
            yield f"{indent}{name}:"
            yield from self.struct(value, path, indent + _INDENT)
        elif isinstance(value, dict):
            yield f"{indent}{name}: {self._flow_mapping(hint, value)}{self._comment(path)}"
        else:
            yield from self._list(name, hint, value, path, indent)

    def _list(self, name: str, hint: Any, items: list[Any], path: str, indent: str) -> Iterator[str]:
        (item_hint,) = hint.__args__
        kind = kind_of(item_hint)
        if kind is not None or not items:
            shown = ", ".join(self._scalar(kind, item) for item in items) if kind else ""
            yield f"{indent}{name}: [{shown}]{self._comment(path)}"
            return
        yield f"{indent}{name}:{self._comment(path)}"
        for i, item in enumerate(items):
            first, *rest = self.struct(item, f"{path}[{i}]", "")
            yield f"{indent}{_INDENT}- {first}"
            yield from (f"{indent}{_INDENT}{_INDENT}{line}" for line in rest)

    def _flow_mapping(self, hint: Any, value: dict[str, Any]) -> str:
        kind = kind_of(hint.__args__[1])
        assert kind is not None
        return "{" + ", ".join(f"{quote(key)}: {self._scalar(kind, item)}" for key, item in value.items()) + "}"

    def _scalar(self, kind: Kind, value: Any) -> str:
        if kind.secret and value and self._masked:
            return f'"{MASK}"'
        return kind.format(value)

    def _comment(self, path: str) -> str:
        origin = self._origins.get(path)
        return f"  # {origin}" if origin else ""
