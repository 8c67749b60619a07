"""A broker's QuickFIX logs on and trades over TLS, with a certificate of its own where the venue wants one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from quickfix_broker import TLS_INTERPRETER, QuickFix
from venue_process import MakeVenue

pytestmark = pytest.mark.skipif(
    not TLS_INTERPRETER.exists(), reason="quickfix-ssl is not installed: scripts/install-quickfix.sh does"
)
AUTHORITY = trustme.CA()


def written(directory: Path, name: str) -> tuple[str, str]:
    """Files with a certificate for ``name`` and its key, RSA: QuickFIX takes no other."""
    issued = AUTHORITY.issue_cert(name, key_type=trustme.KeyType.RSA)
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return str(certificate), str(key)


@pytest.fixture
def quickfix_ssl(tmp_path: Path) -> Iterator[QuickFix]:
    brokers = QuickFix(tmp_path / "quickfix", python=TLS_INTERPRETER)
    try:
        yield brokers
        assert brokers.objections() == []
    finally:
        brokers.close()


def test_a_broker_trades_over_tls(quickfix_ssl: QuickFix, make_venue: MakeVenue, tmp_path: Path) -> None:
    certificate, key = written(tmp_path, "localhost")
    authority = tmp_path / "authority.pem"
    authority.write_bytes(AUTHORITY.cert_pem.bytes())
    client_certificate, client_key = written(tmp_path, "broker@example.org")
    venue = make_venue(
        FIX__TLS_PORT="0",
        FIX__TLS__CERTIFICATE=certificate,
        FIX__TLS__KEY=key,
        FIX__TLS__CLIENT_CA=str(authority),
        FIX__TLS__CLIENT_CERTIFICATES="required",
    )
    port = json.loads((venue.data_dir / "ports.json").read_text())["fix-tls"]
    broker = quickfix_ssl.broker("BROKER1")
    broker.log_on(
        port,
        None,
        SSLProtocol="TLSv1_2",
        CertificationAuthoritiesFile=str(authority),
        ClientCertificateFile=client_certificate,
        ClientCertificateKeyFile=client_key,
        CertificateVerifyLevel="2",
    )
    for number in range(50):
        broker.order(f"T{number}", "AAPL", "1", "1", "229")
    assert [broker.receive("8")[11] for _ in range(50)] == [f"T{number}" for number in range(50)]
    broker.log_out()
