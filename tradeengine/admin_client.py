"""The operators' client of the admin port: one request at a time, over the standard library's HTTP."""

from __future__ import annotations

import http.client
import json
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

_TIMEOUT_S: Final = 60.0


class AdminError(Exception):
    """The venue refused, or could not be reached; the text says why."""


class AdminClient:
    """Talks to the admin port at ``url``; ``operator`` is what the journal will say who did it."""

    def __init__(self, url: str, token: str, operator: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise AdminError(f"--url: {url!r} is not allowed; expected http://HOST:PORT")
        self._url = url
        self._host = parts.hostname
        self._port = parts.port or 80
        self._headers = {"Authorization": f"Bearer {token}", "X-Operator": operator}

    def get(self, *segments: str) -> Any:
        """The decoded answer of GET /admin/segment/…. Raises AdminError."""
        return self._call("GET", segments, None)

    def post(self, *segments: str, body: dict[str, Any] | None = None) -> Any:
        """The decoded answer of POST /admin/segment/…. Raises AdminError."""
        return self._call("POST", segments, body)

    def market(self, symbol: str, view: str, query: dict[str, str]) -> Any:
        """The decoded answer of GET /market/symbol/view?query. Raises AdminError."""
        path = f"/market/{quote(symbol, safe='')}/{view}"
        return self._request("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def _call(self, method: str, segments: tuple[str, ...], body: dict[str, Any] | None) -> Any:
        return self._request(method, "/".join(["/admin", *(quote(segment, safe="") for segment in segments)]), body)

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, content, self._headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise AdminError(f"the venue cannot be reached at {self._url}: {error}") from None
        except ValueError:
            raise AdminError(f"what answers at {self._url} is not the venue's admin port") from None
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise AdminError(answer.get("error", f"status {response.status}"))
        return answer
