"""Row 1: ingest dies by SIGKILL, at any moment; the two awkward moments on purpose."""

import random
import time

import pytest

from tests.faults.box import Box, until
from tests.faults.conftest import Settle


def test_killed_at_random(box: Box, settle: Settle) -> None:
    rng = random.Random(1)
    ingest = box.service("ingest", mqtt_protocol="3.1.1")  # the other rows speak MQTT 5
    fleet = box.fleet(500)
    box.await_stored(200)
    for _ in range(4):
        time.sleep(rng.uniform(0.2, 1.5))  # chance is the point here
        ingest.kill()
        ingest.start()
        before = box.stored()
        box.await_stored(before + 300)
    settle(box, fleet, "1 killed at random", "4 SIGKILLs")


@pytest.mark.parametrize("point", ["writing", "committed", "acknowledged"])
def test_killed_between_two_lines(box: Box, settle: Settle, point: str) -> None:
    ingest = box.service("ingest", failpoint=f"{point}:SIGKILL:60")
    fleet = box.fleet(500, resend=False)
    until(lambda: not ingest.alive, 40, f"the process ends when {point}")
    assert ingest.process.returncode == -9, ingest.log.read_text()
    ingest.start(WAYPOST_FAILPOINT="")
    if point == "committed":
        # Committed but not acknowledged: the broker brings them again.
        until(lambda: box.one("SELECT sum(duplicate) FROM batch"), 30, "a redelivery")
    settle(box, fleet, f"1 killed when {point}", "1 SIGKILL")
