"""Words as they were typed, taken one by one; what is wrong with them is said with the usage of their command."""

from __future__ import annotations

from decimal import Decimal

from clients.numbers import to_decimal, to_scaled
from engine.types import INT64_MAX, SCALE
from tradeengine.trade_usage import USAGE


class UsageError(ValueError):
    """What was typed is no request; the text says what would be one."""


class Words:
    """The words after the command, taken one by one; options may stand anywhere among them."""

    def __init__(self, words: list[str]) -> None:
        self.command = words[0].lower()
        self._options: dict[str, str] = {}
        self._rest: list[str] = []
        pending = iter(words[1:])
        for word in pending:
            if word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                self._options[name] = value if equals else next(pending, "")
            elif word.startswith("@") and len(word) > 1:
                self._rest += ["@", word[1:]]
            else:
                self._rest.append(word)

    def take(self, what: str) -> str:
        if not self._rest:
            raise self.wrong(f"{what} is missing")
        return self._rest.pop(0)

    def take_any(self) -> str | None:
        return self._rest.pop(0) if self._rest else None

    def take_if(self, choices: tuple[str, ...]) -> str | None:
        """The next word in lower case, if it is one of ``choices``."""
        return self._rest.pop(0).lower() if self._rest and self._rest[0].lower() in choices else None

    def take_one_of(self, what: str, choices: tuple[str, ...]) -> str:
        """The next word in lower case, which must be one of ``choices``."""
        word = self.take(what)
        if word.lower() not in choices:
            raise self.wrong(f"{word!r}: must be one of {', '.join(choices)}")
        return word.lower()

    def option(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self._options.pop(name, None)
        if value is None:
            return None
        if value.lower() not in choices:
            raise self.wrong(f"--{name} {value!r}: must be one of {', '.join(choices)}")
        return value.lower()

    def finish(self) -> None:
        """Nothing may be left over: an order that was not wholly understood is not sent."""
        if self._rest:
            raise self.wrong(f"{' '.join(self._rest)!r} is more than expected")
        if self._options:
            raise self.wrong(f"--{next(iter(self._options))} is more than expected")

    def wrong(self, what: str) -> UsageError:
        shape = next((words for words, _ in USAGE if words.split()[0] == self.command), self.command)
        return UsageError(f"{what}; usage: {shape}")

    # ---- numbers ------------------------------------------------------------------------------------------------

    def next_is_number(self) -> bool:
        return bool(self._rest) and self._rest[0][:1].isdigit()

    def next_is_signed(self) -> bool:
        """Whether an offset follows: a number, with its sign or without."""
        return bool(self._rest) and self._rest[0].lstrip("+-")[:1].isdigit()

    def qty(self, name: str) -> Decimal:
        return self.amount(name, self.take(name))

    price = qty

    def offset(self, name: str) -> Decimal:
        """A number that may be negative or 0."""
        text = self.take(name)
        return to_decimal(self._scaled(name, text, text.removeprefix("+"), -INT64_MAX))

    def amount(self, name: str, text: str) -> Decimal:
        """A positive number. Raises ``UsageError``, as all of these do."""
        return to_decimal(self._scaled(name, text, text, 1))

    def _scaled(self, name: str, text: str, digits: str, least: int) -> int:
        try:
            scaled = to_scaled(digits.replace("_", ""))
        except ValueError:
            raise self.wrong(f"{name} {text!r}: must be a number with at most 8 decimals") from None
        if not least <= scaled <= INT64_MAX:
            allowed = "more than 0" if least > 0 else f"at least -{INT64_MAX // SCALE}"
            raise self.wrong(f"{name} {text}: must be {allowed} and at most {INT64_MAX // SCALE}")
        return scaled

    def count(self, name: str, text: str, least: int, most: int) -> int:
        """A whole number."""
        if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= most or len(text) > 20:
            raise self.wrong(f"{name} {text!r}: must be a whole number from {least} to {most}")
        return int(text)
