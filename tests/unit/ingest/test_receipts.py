"""Receipts name everything committed, and never outgrow what a broker takes."""

from uuid import UUID

import msgspec
import numpy as np
import pytest

from core import limits
from devices.readings import POSITION_DTYPE
from devices.registry import Device
from ingest.decode import Decoded
from ingest.receipts import Receipts, bodies

LARGEST = 2**63 - 1
SCANNER = Device(
    no=7, id="s1", kind="scanner", part=0, org_id=1, period_s=30, outbox=True, revoked=False
)


def test_one_receipt_names_what_came_within_a_period() -> None:
    sent: list[tuple[str, bytes]] = []
    receipts = Receipts(lambda topic, body: sent.append((topic, body)))
    for seqs in ([5, 6], [7, 9]):
        out = Decoded(np.empty(0, POSITION_DTYPE))
        out.receipts = [(SCANNER, seq) for seq in seqs]
        out.event_receipts = [(SCANNER, "e")]
        receipts.add(out)
    receipts.flush(SCANNER.no % 10)
    receipts.flush(SCANNER.no % 10)
    ((topic, body),) = sent
    assert topic.endswith("/scanner/s1/receipt")
    assert msgspec.json.decode(body) == {"stored": [[5, 7], [9, 9]], "events": ["e", "e"]}


@pytest.mark.parametrize(("seqs", "events"), [(5_000, 5_000), (3, 5_000), (5_000, 0), (200, 200)])
def test_an_outbox_flushed_at_once_is_receipted_in_packets_that_fit(seqs: int, events: int) -> None:
    # Every other counter, the longest there are: no two make a range.
    want_seqs = [LARGEST - 2 * n for n in range(seqs)]
    want_events = [str(UUID(int=n)) for n in range(events)]
    made = list(bodies(want_seqs, want_events))
    assert all(len(body) <= limits.BODY_BYTES_MAX for body in made)
    said = [msgspec.json.decode(body) for body in made]
    assert sorted(r[0] for one in said for r in one["stored"]) == sorted(want_seqs)
    assert [e for one in said for e in one.get("events", [])] == want_events
