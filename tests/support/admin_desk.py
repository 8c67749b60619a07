"""An operator at the HTTP API of a venue in the test's process, without sockets."""

from __future__ import annotations

import json
from typing import Any

from venue_in_process import records_in

from gateways.http.api import AdminApi
from gateways.http.messages import HttpError, Request
from tradeengine.operations import VenueOperations
from tradeengine.venue import Venue

TOKEN = "correct-horse-battery-staple"


class Desk:
    """An operator with the token, or with another one."""

    def __init__(self, venue: Venue | None, settings: Any) -> None:
        self.venue = venue
        self.operations = VenueOperations(settings)
        if venue is not None:
            self.operations.attach(venue, {})
        self.told: list[dict[str, Any]] = []
        self.api = AdminApi(self.operations, TOKEN, lambda event, **fields: self.told.append(fields))

    async def ask(
        self, method: str, path: str, body: Any = None, token: str = f"Bearer {TOKEN}", operator: str = "ann"
    ) -> tuple[int, Any]:
        """Status and decoded answer."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": token, "x-operator": operator}
        try:
            response = await self.api.respond(Request(method, path, headers, content))
        except HttpError as error:
            response = error.response()
        return response.status, json.loads(response.body)

    @property
    def running(self) -> Venue:
        assert self.venue is not None
        return self.venue

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.ask("POST", path, body)

    async def get(self, path: str) -> Any:
        status, answer = await self.ask("GET", path)
        assert status == 200, answer
        return answer

    def journaled(self, kind: type[Any]) -> Any:
        """The newest event of a kind on disk."""
        return self.all_journaled(kind)[-1]

    def all_journaled(self, kind: type[Any]) -> list[Any]:
        """Every event of a kind on disk."""
        events = [event for _, record in records_in(self.running.settings.journal_dir) for event in record.events]
        return [event for event in events if isinstance(event, kind)]
