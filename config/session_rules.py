"""Rules within one session's profile; problems as pairs of key and text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from config.binder import suggestion
from config.keys import KEYS_MAX, key_id_of
from config.reference import SessionConfig
from engine.session_profile import Rights
from engine.session_schedule import schedule_problems


def session_profile_problems(path: str, session: SessionConfig, firms: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every rule that the profile breaks; ``firms`` are those that there are."""
    yield from _key_problems(path, session)
    yield from _rights_problems(path, session, firms)
    if session.rate.burst and not session.rate.per_second:
        yield f"{path}.rate.burst", f"{session.rate.burst} is given without per_second; expected both or neither"
    yield from _schedule_problems(path, session)


def _key_problems(path: str, session: SessionConfig) -> Iterator[tuple[str, str]]:
    ids = Counter(map(key_id_of, [*session.public_keys, *session.hmac_keys]))
    for name in ("public_keys", "hmac_keys"):
        keys: list[str] = getattr(session, name)
        if len(keys) > KEYS_MAX:
            yield f"{path}.{name}", f"{len(keys)} keys are given; expected at most {KEYS_MAX}"
        for i, text in enumerate(keys):
            key_id = key_id_of(text)
            if ids[key_id] > 1:
                yield f"{path}.{name}[{i}]", f"more than one key is called {key_id!r}; expected each name once"
            elif key_id == (session.username or session.comp_id):
                yield f"{path}.{name}[{i}]", f"{key_id!r} is the session's user name; expected another name"


def _rights_problems(path: str, session: SessionConfig, firms: Collection[str]) -> Iterator[tuple[str, str]]:
    if not session.rights:
        yield f"{path}.rights", "none is given; expected one or more of trade, market_data, drop_copy"
    if session.copies_of and Rights.DROP_COPY not in session.rights:
        yield f"{path}.copies_of", "is given to a session without the right drop_copy; expected nothing"
    for i, firm in enumerate(session.copies_of):
        if firm not in firms:
            hint = suggestion(firm, firms) or f"; expected one of {', '.join(sorted(firms)) or '(none is configured)'}"
            yield f"{path}.copies_of[{i}]", f"unknown firm {firm!r}{hint}"


def _schedule_problems(path: str, session: SessionConfig) -> Iterator[tuple[str, str]]:
    schedule = session.schedule.to_schedule()
    if schedule is not None:
        yield from ((f"{path}.schedule.{key}", text) for key, text in schedule_problems(schedule))
