"""Tell devices what is committed: coalesced, at most one receipt a second and device."""

import threading
from collections.abc import Callable

import msgspec

from core import limits
from devices.registry import Device
from devices.topics import Down, subtree
from ingest.batch import as_ranges
from ingest.decode import Decoded

SLICES = 10  # a tenth of the devices every tenth of a period, so that the broker sees no burst

Publish = Callable[[str, bytes], object]


class Receipts(threading.Thread):
    """Collects what was committed and publishes it, on its own thread."""

    def __init__(self, publish: Publish) -> None:
        super().__init__(name="receipts", daemon=True)
        self._publish = publish
        self._lock = threading.Lock()
        self._seqs: dict[Device, list[int]] = {}
        self._events: dict[Device, list[str]] = {}
        self._halt = threading.Event()

    def add(self, committed: Decoded) -> None:
        with self._lock:
            for device, seq in committed.receipts:
                self._seqs.setdefault(device, []).append(seq)
            for device, event_id in committed.event_receipts:
                self._events.setdefault(device, []).append(event_id)

    def run(self) -> None:
        turn = 0
        while not self._halt.wait(limits.RECEIPT_PERIOD_S / SLICES):
            self.flush(turn % SLICES)
            turn += 1

    def stop(self) -> None:
        self._halt.set()
        self.join(5)

    def flush(self, only_slice: int) -> None:
        """Publish what waits for the devices of one slice. A lost receipt costs one resend."""
        with self._lock:
            mine = [
                device
                for device in self._seqs.keys() | self._events.keys()
                if device.no % SLICES == only_slice
            ]
            due = [(d, self._seqs.pop(d, []), self._events.pop(d, [])) for d in mine]
        for device, seqs, event_ids in due:
            body: dict[str, object] = {"stored": as_ranges(seqs)}
            if event_ids:
                body["events"] = event_ids
            topic = f"{subtree(device.id, device.kind)}/{Down.RECEIPT}"
            self._publish(topic, msgspec.json.encode(body))
