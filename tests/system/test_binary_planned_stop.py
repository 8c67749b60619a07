"""A planned restart of the venue (SIGTERM) and cancel on disconnect, over the binary port."""

from __future__ import annotations

from pathlib import Path

import pytest
from venue_process import DEMO, MakeVenue

from clients import Canceled, ConnectionLost, Side, SyncClient

SESSION = """
  - {protocol: SOUPBIN, comp_id: SAFEBN, password: demo, firm: HARBOR, accounts: [BROKER1], default_account: BROKER1,
     cancel_on_disconnect: {mode: disconnect}}
"""


@pytest.mark.parametrize("takes_leave", [True, False])
def test_orders_outlive_it_if_the_client_is_there(make_venue: MakeVenue, tmp_path: Path, takes_leave: bool) -> None:
    config = tmp_path / "venue.yaml"
    config.write_text(DEMO.read_text() + SESSION)
    venue = make_venue(config=config, BINARY__CLOSE_TIMEOUT_S="60" if takes_leave else "0.1")
    with SyncClient("127.0.0.1", venue.ports.binary, "SAFEBN", "demo") as client:
        client.new_order("AAPL", Side.BUY, 1, 200)
        assert client.next_event(60) is not None
        venue.ask_to_stop()
        if takes_leave:
            with pytest.raises(ConnectionLost, match="the venue is shutting down"):
                client.next_event(60)
        else:
            assert venue.wait() == 0
    assert venue.wait() == 0
    venue.start()
    with SyncClient("127.0.0.1", venue.ports.binary, "SAFEBN", "demo", next_number=2) as client:
        assert len(client.open_orders()) == takes_leave
        if not takes_leave:
            assert isinstance(client.next_event(60), Canceled)
