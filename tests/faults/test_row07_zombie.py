"""Row 7: the holder of a lease freezes past its time, another takes over, the first wakes up."""

import signal
import time
from pathlib import Path

from core import limits
from tests.faults.box import Box, Service, until
from tests.faults.conftest import Settle

WRITTEN = "SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM quarantine)"
JUDGED = "SELECT batch_no, epoch FROM follower_cursor"


def owner(box: Box) -> str:
    return str(box.one("SELECT owner FROM ingest_lease WHERE until_at > clock_timestamp()"))


def await_takeover(box: Box, first: str) -> float:
    """Until another than `first` holds the lease and stores; the seconds it took."""
    took = until(
        lambda: box.rows("SELECT 1 FROM ingest_lease WHERE owner <> %s", first),
        limits.LEASE_S * 4,
        "another process takes the lease",
    )
    # Judging has a lease of its own, which runs out by itself too.
    until(
        lambda: box.rows("SELECT 1 FROM follower_cursor WHERE owner <> %s", first),
        limits.LEASE_S * 4,
        "another process judges",
    )
    before = box.stored()
    box.await_stored(before + 300)
    return took


def test_the_zombie_writes_nothing(box: Box, settle: Settle) -> None:
    # It freezes with a batch in its hands.
    zombie = box.service("ingest", name="zombie", failpoint="received:SIGSTOP:80")
    fleet = box.fleet(400, resend=False)
    box.await_stored(200)
    first = owner(box)
    until(lambda: state_of(zombie.process.pid) == "T", 30, "the zombie freezes")
    heir = box.service("ingest", name="heir")
    took = await_takeover(box, first)
    # Now the heir holds still, within its lease: whatever is written is the zombie's.
    until(lambda: stopped_between_transactions(box, heir), 10, "the heir holds still")
    before, written, judged = box.stored(), box.rows(WRITTEN), box.rows(JUDGED)
    zombie.process.send_signal(signal.SIGCONT)
    until(lambda: zombie.said("the lease"), 5, "the zombie learns that its time is over")
    time.sleep(limits.LEASE_S / 3)
    assert box.rows(WRITTEN) == written, "the zombie wrote"
    assert box.rows(JUDGED) == judged, "the zombie judged"
    heir.process.send_signal(signal.SIGCONT)
    box.await_stored(before + 400)
    settle(box, fleet, "7 zombie woken", f"takeover {took:.1f} s, 0 written by the zombie")


def test_frozen_inside_its_transaction(box: Box, settle: Settle) -> None:
    """The lock on its lease row must not outlive it by much, or nobody could take over."""
    zombie = box.service("ingest", name="zombie", failpoint="writing:SIGSTOP:80")
    fleet = box.fleet(400, resend=False)
    box.await_stored(300)
    first = owner(box)
    until(lambda: state_of(zombie.process.pid) == "T", 30, "the zombie freezes")
    box.service("ingest", name="heir")
    took = await_takeover(box, first)
    zombie.process.send_signal(signal.SIGCONT)
    until(lambda: zombie.said("the lease"), 15, "the zombie learns that its time is over")
    settle(box, fleet, "7 frozen while writing", f"takeover {took:.1f} s")
    assert took < 2 * limits.LEASE_S + 1.5


def stopped_between_transactions(box: Box, service: Service) -> bool:
    """Freeze it at a moment at which it does not hold its lease row locked."""
    service.kill(signal.SIGSTOP)
    until(lambda: state_of(service.process.pid) == "T", 5, "the process freezes")
    busy = """SELECT count(*) FROM pg_stat_activity WHERE state LIKE %s
                 AND application_name IN ('waypost-store-0', 'waypost-follower')"""
    time.sleep(0.05)  # what was on its way to the database has ended
    if box.one(busy, "idle in transaction%") == box.one(busy, "active") == 0:
        return True
    service.process.send_signal(signal.SIGCONT)
    return False


def state_of(pid: int) -> str:
    """The kernel's letter for a process; T is stopped."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text.rpartition(")")[2].split()[0]
