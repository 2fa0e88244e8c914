"""Tell devices what is committed: coalesced, one receipt a second and device where it fits."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

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
            topic = f"{subtree(device.id, device.kind)}/{Down.RECEIPT}"
            for body in bodies(seqs, event_ids):
                self._publish(topic, body)


def bodies(seqs: Iterable[int], event_ids: Sequence[str]) -> Iterator[bytes]:
    """Receipts naming all of these, as few as the packet limit allows: an outbox of days is
    flushed within a second."""
    ranges, most = as_ranges(seqs), limits.RECEIPT_ENTRIES_MAX
    for start in range(0, max(len(ranges), len(event_ids)), most):
        body: dict[str, object] = {"stored": ranges[start : start + most]}
        if some := event_ids[start : start + most]:
            body["events"] = some
        yield msgspec.json.encode(body)
