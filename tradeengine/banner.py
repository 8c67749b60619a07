"""What a person who has started the venue reads first: where it listens, and how to log on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from config.settings import Settings
from engine.directory import Directory
from tradeengine.admin_token import token_path
from tradeengine.edge import Endpoint
from tradeengine.recovery import Recovered
from tradeengine.versions import package_version

_NAMES_SHOWN = 12
_LABEL = 13
_FIX = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")
_FIX_PORTS = {"fix": "", "fix-tls": " (TLS)"}
_BINARY_PORTS = {"binary": "", "binary-tls": " (TLS)"}
_MARKET_DATA_PORTS = {"market-data": "", "market-data-tls": " (TLS)"}


def banner(settings: Settings, endpoints: Mapping[str, Endpoint], recovered: Recovered, directory: Directory) -> str:
    """The text, several lines long."""
    return "\n".join(["", *_lines(settings, endpoints, recovered, directory), ""])


def _lines(
    settings: Settings, endpoints: Mapping[str, Endpoint], recovered: Recovered, directory: Directory
) -> Iterator[str]:
    yield f"  {settings.venue.name}  tradeengine {package_version()}".rstrip()
    yield ""
    fix, binary, market_data = (
        [endpoints[name].address + over for name, over in ports.items() if name in endpoints]
        for ports in (_FIX_PORTS, _BINARY_PORTS, _MARKET_DATA_PORTS)
    )
    if fix:
        yield _row("FIX", f"{', '.join(fix)}   {', '.join(_FIX)}, TargetCompID {settings.fix.comp_id}")
        yield _row("", _log_ons(directory, _FIX, "SenderCompID"))
    if binary:
        yield _row("binary", f"{', '.join(binary)}   SBE messages in a SoupBinTCP 3.00 session")
        yield _row("", _log_ons(directory, ("SOUPBIN",), "user"))
    if market_data:
        yield _row("market data", f"{', '.join(market_data)}   SBE messages in a SoupBinTCP 3.00 session")
    if "mold-requests" in endpoints:
        mold = settings.binary.mold
        yield _row("", f"MoldUDP64 to {mold.address}:{mold.port}, requests to {endpoints['mold-requests'].address}")
    if "admin" in endpoints:
        admin = endpoints["admin"].address
        where = "the one configured" if settings.admin.token else str(token_path(settings.data_dir))
        yield _row("admin", f"http://{admin}   /metrics, /health/ready; /admin/ with the token: {where}")
    yield _row("instruments", _some(instrument.symbol for instrument in directory.instruments.values()))
    replayed = f"{recovered.replayed} records replayed in {recovered.seconds:.2f} s"
    yield _row("journal", f"{settings.journal_dir}   durability {settings.journal.durability}, {replayed}")
    yield ""
    yield "  Passwords are those of the configuration. Ctrl-C stops the venue; every acknowledged order is kept."


def _row(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}{text}"


def _log_ons(directory: Directory, protocols: tuple[str, ...], what: str) -> str:
    names = (s.comp_id for s in directory.sessions.values() if s.protocol in protocols and s.enabled)
    return f"{what} {_some(names) or '(none yet: tradeengine admin add-session)'}"


def _some(names: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - _NAMES_SHOWN
    return ", ".join(distinct[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
