"""Row 5: the broker dies by SIGKILL and its persistence file with it. The outboxes save all."""

import signal

from tests.faults.box import Box, until
from tests.faults.conftest import Settle


def test_broker_killed_and_its_memory_deleted(box: Box, settle: Settle) -> None:
    box.service("ingest")
    fleet = box.fleet(500)
    box.await_stored(500)
    assert lost(box) == 0, "the first start of all is no loss"
    for death in (1, 2):
        before = box.stored()
        assert box.broker.process is not None
        box.broker.process.send_signal(signal.SIGKILL)
        box.broker.process.wait(10)
        (box.broker.home / "mosquitto.db").unlink(missing_ok=True)
        box.broker.start()
        box.await_stored(before + 1_000, 45)
        until(lambda n=death: lost(box) == n, 20, "an event that the session was lost")
    settle(box, fleet, "5 broker SIGKILL, file deleted", "2 deaths")
    alarms = box.rows("SELECT type, source, seen FROM alarm WHERE active")
    assert alarms == [("ingest_session_lost", "ingest:0", 2)]


def lost(box: Box) -> int:
    return int(box.one("SELECT count(*) FROM event WHERE kind = 'ingest.session_lost'"))
