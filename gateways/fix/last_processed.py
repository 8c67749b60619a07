"""LastMsgSeqNumProcessed (369): each message tells the client which of its own the venue has acted on last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateways.fix.codec import Encoder

if TYPE_CHECKING:
    from gateways.fix.ports import Port


class LastProcessedEncoder(Encoder):
    """An encoder whose every message carries tag 369."""

    __slots__ = ("_port",)

    def __init__(self, begin_string: str, sender_comp_id: str, target_comp_id: str, port: Port) -> None:
        super().__init__(begin_string, sender_comp_id, target_comp_id)
        self._port = port

    def header(self, sending_time: str) -> str:
        """See :meth:`Encoder.header`."""
        return f"{super().header(sending_time)}369={self._port.in_next - 1}\x01"
