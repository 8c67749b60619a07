"""What every service that listens has: addresses, sizes, times, TLS."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from config.kinds import Integer, Number, Text

HostSetting: TypeAlias = Annotated[str, Text(r"[0-9A-Za-z.:_%-]{1,253}", "an IP address or a host name to listen on")]
PortSetting: TypeAlias = Annotated[int, Integer(0, 65535, "0 = any free port")]
BytesSetting: TypeAlias = Annotated[int, Integer(1024, 2**30)]
CountSetting: TypeAlias = Annotated[int, Integer(1, 1_000_000)]
FileSetting: TypeAlias = Annotated[str, Text(r"[^\x00]{0,4096}", "the path of a file, or nothing")]
TimeoutSetting: TypeAlias = Annotated[float, Number(0.1, 3600)]
DEFAULT_HOST: Final = "127.0.0.1"


class TlsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """TLS 1.2 and 1.3 on a port of its own; files in PEM, relative paths read from the working directory."""

    certificate: FileSetting = ""
    """The venue's, with the chain that leads to it; empty = no TLS."""
    key: FileSetting = ""
    """The certificate's private key, not encrypted."""
    client_ca: FileSetting = ""
    """The authorities whose client certificates are good; empty = clients are not asked for any."""
    client_certificates: Literal["optional", "required"] = "optional"
    """optional: a session says whether it wants one; required: every client shows one."""
