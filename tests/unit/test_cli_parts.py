"""The command line's parts: help, settings, one-line errors, tables, tokens, ports, logs."""

from __future__ import annotations

import io
import json
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio

from config.settings import AdminSettings, LogSettings, Settings
from engine.directory import Directory
from engine.events import SessionOpened
from tradeengine import logs
from tradeengine.admin_client import AdminClient, AdminError
from tradeengine.admin_token import TokenUnusable, admin_token, read_token
from tradeengine.cli import build_parser, main
from tradeengine.edge import Endpoint, PortUnavailable
from tradeengine.ports_file import local_address, read_ports, remove_ports, write_ports
from tradeengine.tables import columns
from tradeengine.trace import correlation_id

COMMANDS = ["run", "demo", "trade", "admin", "journal", "config", "version"]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(f"\n    {command}" in text for command in COMMANDS)


@pytest.mark.parametrize(
    "command",
    ["run", "config show", "journal dump", "journal verify", "admin", "admin deposit", "admin add-session", "version"],
)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert len(capsys.readouterr().out) > 60


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2


def test_every_command_says_what_runs_it() -> None:
    assert callable(build_parser().parse_args(["version"]).run)


def test_config_show_masks_secrets_and_tells_origins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "venue.yaml"
    file.write_text("admin: {token: sixteen-characters-or-more}\nfix: {port: 1234}\n")
    assert main(["config", "show", "--config", str(file)]) == 0
    text = capsys.readouterr().out
    assert "sixteen" not in text
    assert 'token: "***"' in text
    assert "port: 1234  # venue.yaml line 2" in text


def test_a_wrong_setting_is_told_with_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADE_ENGINE_FIX__PORT", "99999")
    assert main(["run", "--data-dir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "fix.port" in error
    assert "99999" in error
    assert "Traceback" not in error


def test_tables_align_numbers_to_the_right() -> None:
    rows = [{"asset": "USD", "free": "12.5"}, {"asset": "AAPL", "free": "1000"}]
    assert columns(rows) == "ASSET  FREE\nUSD    12.5\nAAPL   1000"
    assert columns([{"n": "7"}, {"n": "10"}]) == " N\n 7\n10"
    assert columns([]) == "(none)"


def test_a_token_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    token = admin_token(settings)
    assert len(token) >= 40
    assert admin_token(settings) == token
    path = tmp_path / "new" / "admin.token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_token(path) == token


def test_a_configured_token_is_not_written_anywhere(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, admin=AdminSettings(token="configured-by-hand"))
    assert admin_token(settings) == "configured-by-hand"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "short", "not one token but some words"])
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "admin.token").write_text(content)
    with pytest.raises(TokenUnusable, match="holds no token; expected 16 to 256"):
        admin_token(Settings(data_dir=tmp_path))


def test_ports_are_told_and_forgotten_by_their_own_process(tmp_path: Path) -> None:
    assert read_ports(tmp_path) == {}
    write_ports(tmp_path, {"fix": 1})
    assert read_ports(tmp_path) == {"pid": os.getpid(), "fix": 1}
    remove_ports(tmp_path)
    assert read_ports(tmp_path) == {}
    remove_ports(tmp_path)


def test_the_ports_of_a_venue_that_runs_beside_stay(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text(json.dumps({"pid": os.getppid(), "fix": 1}))
    remove_ports(tmp_path)
    assert read_ports(tmp_path)["fix"] == 1


def test_the_ports_of_a_venue_that_is_gone_are_forgotten(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    (tmp_path / "ports.json").write_text(json.dumps({"pid": child, "fix": 1}))
    remove_ports(tmp_path)
    assert read_ports(tmp_path) == {}


async def test_an_endpoint_is_bound_at_once_and_refuses_until_it_is_opened() -> None:
    endpoint = Endpoint("fix", "127.0.0.1", 0)
    assert endpoint.port
    with pytest.raises(OSError, match="connect"):
        await trio.open_tcp_stream("127.0.0.1", endpoint.port)
    beside = Endpoint("admin", "127.0.0.1", endpoint.port)
    (listener,) = endpoint.open()
    in_use = rf"admin.port: cannot listen on 127.0.0.1:{endpoint.port}: it is in use"
    with pytest.raises(PortUnavailable, match=in_use):
        Endpoint("admin", "127.0.0.1", endpoint.port)
    with pytest.raises(PortUnavailable, match=in_use):
        beside.open()
    stream = await trio.open_tcp_stream("127.0.0.1", endpoint.port)
    await stream.aclose()
    await listener.aclose()
    (again,) = endpoint.open()
    assert again.socket.getsockname()[1] == endpoint.port
    await again.aclose()


def test_an_address_that_is_none_of_ours_is_told() -> None:
    with pytest.raises(PortUnavailable, match=r"fix.port: cannot listen on 192.0.2.1:9"):
        Endpoint("fix", "192.0.2.1", 9)


def test_addresses_are_told_as_a_client_here_would_write_them() -> None:
    assert local_address("0.0.0.0", 1) == "127.0.0.1:1"
    assert local_address("::", 1) == "[::1]:1"
    assert local_address("10.0.0.1", 1) == "10.0.0.1:1"


def test_the_admin_client_says_that_nobody_is_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(AdminError, match=f"the venue cannot be reached at {url}"):
            AdminClient(url, "token", "me").get("accounts")
    with pytest.raises(AdminError, match="--url"):
        AdminClient("ftp://x", "token", "me")


@pytest.fixture
def log_lines() -> Any:
    """Configures the logs and gives what they have written."""
    stream = io.StringIO()

    def configure(**settings: Any) -> io.StringIO:
        logs.configure(LogSettings(**settings), stream)
        return stream

    yield configure
    structlog.reset_defaults()


def test_json_logs_are_one_object_a_line_without_secrets(log_lines: Any) -> None:
    stream = log_lines(format="json")
    log = structlog.get_logger("gateways")
    log.info("logged_on", comp_id="BROKER1", password="demo", admin_token="x", error=ValueError("bad"))
    log.debug("hidden")
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "event": "logged_on", "level": "info", "logger": "gateways", "comp_id": "BROKER1", "password": "***",
        "admin_token": "***", "error": "ValueError: bad",
    }  # fmt: skip


def test_tracebacks_are_told_where_they_are_asked_for(log_lines: Any) -> None:
    stream = log_lines(format="console")
    try:
        raise ZeroDivisionError("by nothing")
    except ZeroDivisionError as error:
        structlog.get_logger().error("request_failed", exc_info=error)
    assert "Traceback" in stream.getvalue()
    assert "by nothing" in stream.getvalue()


def test_a_correlation_id_is_the_session_and_the_cl_ord_id() -> None:
    directory = Directory()
    directory.apply(SessionOpened(7, "FIX.4.4", "BROKER1", "TE", "BROKER1", "", "F", [2], 2))
    assert correlation_id(directory, 7, "order-17") == "FIX.4.4:BROKER1:order-17"
    assert correlation_id(directory, 0, "") == "venue:"
