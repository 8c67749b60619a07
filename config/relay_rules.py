"""What a relay cannot start with, though each of its settings alone is allowed. A venue does not look at these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.errors import Problem
from config.keys import KEYS_MAX, is_hmac_key
from config.relay import RelaySettings, SubscriberConfig, UpstreamSettings

_Found = Iterator[tuple[str, str]]
"""Key below ``relay`` and text of each problem."""


def check_relay(relay: RelaySettings, origins: Mapping[str, str]) -> list[Problem]:
    """Every rule that the settings break; ``origins`` tells where each key was given."""
    found = [*_upstream(relay.upstream), *_port(relay), *_subscribers(relay.subscribers)]
    return [Problem(f"relay.{key}", text, origins.get(f"relay.{key}", "")) for key, text in found]


def _upstream(upstream: UpstreamSettings) -> _Found:
    if not upstream.username:
        yield "upstream.username", "is missing; expected a SOUPBIN session of the venue with the right market_data"
    if upstream.hmac_key and not is_hmac_key(upstream.hmac_key):
        yield "upstream.hmac_key", "is no secret id:base64 of 16 to 64 bytes"
    if upstream.hmac_key and upstream.private_key:
        yield "upstream.hmac_key", "is given beside upstream.private_key; expected one of them"
    if bool(upstream.tls_certificate) != bool(upstream.tls_key):
        yield "upstream.tls_key", "expected together with upstream.tls_certificate, or neither"
    if upstream.retry_longest_s < upstream.retry_first_s:
        yield "upstream.retry_longest_s", f"{upstream.retry_longest_s:g} is less than upstream.retry_first_s"


def _port(relay: RelaySettings) -> _Found:
    if not relay.streams or len(set(relay.streams)) < len(relay.streams):
        yield "streams", "expected ORDERS, LEVELS or both"
    if not relay.plain and not relay.tls.certificate:
        yield "plain", "false leaves no port, as relay.tls.certificate is not given"
    if bool(relay.tls.certificate) != bool(relay.tls.key):
        yield "tls.key", "expected together with relay.tls.certificate, or neither"
    if relay.tls.client_certificates == "required" and not relay.tls.client_ca:
        yield "tls.client_ca", "is missing; expected the authorities whose client certificates are required"
    ports = {"port": relay.plain and relay.port, "tls_port": bool(relay.tls.certificate) and relay.tls_port}
    taken = [port for port in (*ports.values(), relay.metrics_port) if port]
    if len(set(taken)) < len(taken):
        yield "metrics_port", "expected a port of its own for each of relay.port, relay.tls_port, relay.metrics_port"


def _subscribers(subscribers: list[SubscriberConfig]) -> _Found:
    if not subscribers:
        yield "subscribers", "none is given; expected at least one"
    seen: set[str] = set()
    for at, one in enumerate(subscribers):
        path = f"subscribers[{at}]"
        if one.username in seen:
            yield f"{path}.username", f"{one.username!r} is there already; expected each one once"
        seen.add(one.username)
        if one.password and one.password_hash:
            yield f"{path}.password", "is given beside password_hash; expected one of them"
        if not (one.password or one.password_hash or one.public_keys or one.hmac_keys or one.certificate):
            yield (
                f"{path}.password",
                f"nothing is given by which {one.username} can log in; expected password, password_hash, "
                "public_keys, hmac_keys or certificate",
            )
        for name in ("public_keys", "hmac_keys"):
            if len(getattr(one, name)) > KEYS_MAX:
                yield f"{path}.{name}", f"{len(getattr(one, name))} are given; expected at most {KEYS_MAX}"
