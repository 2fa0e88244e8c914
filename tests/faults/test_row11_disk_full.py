"""Row 11: the disk under the database, or under the broker, is full; later there is space again.

A small disk is a tmpfs, which only root may mount; elsewhere there is nothing to fill.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import NotStarted
from tests.faults.box import Box, until
from tests.faults.conftest import MakeBox, Settle


class SmallDisk:
    """A disk of its own under one folder, and a ballast that takes what is left of it."""

    def __init__(self, path: Path, size_mb: int) -> None:
        self.path = path
        path.mkdir(parents=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "tmpfs", str(path)],
            check=True,
        )

    def fill(self) -> None:
        with (self.path / "ballast").open("ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def make_room(self) -> None:
        (self.path / "ballast").unlink()

    def unmount(self) -> None:
        if self.path.is_mount():
            subprocess.run(["umount", "-l", str(self.path)], check=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in which disks may be mounted; none is left."""
    made = Path(tempfile.mkdtemp(prefix="waypost-fault-"))
    yield made
    for one in ("postgresql", "mosquitto"):
        SmallDisk.unmount(_at(made / one))
    shutil.rmtree(made, ignore_errors=True)


def _at(path: Path) -> SmallDisk:
    disk = object.__new__(SmallDisk)
    disk.path = path
    return disk


def revive(box: Box) -> None:
    """What the supervisor does with a database that ended of a full disk."""
    if box.database.process is not None and box.database.process.poll() is not None:
        box.database.start()


if os.geteuid() == 0:

    def test_of_the_database(folder: Path, make_box: MakeBox, settle: Settle) -> None:
        disk = SmallDisk(folder / "postgresql", 256)
        box = make_box(folder=folder)
        box.undo.append(disk.unmount)
        ingest = box.service("ingest")
        fleet = box.fleet(600)
        box.await_stored(600)
        refused = ingest.said("not committed")
        disk.fill()
        until(lambda: ingest.said("not committed") > refused + 3, 60, "the database refuses")
        full = "No space left" in box.database.log.read_text() or ingest.said("No space left")
        assert full
        time.sleep(3)  # a while of trying in vain
        disk.make_room()
        revive(box)
        before = box.stored()
        box.await_stored(before + 1_000, 60)
        assert ingest.alive
        settle(box, fleet, "11 disk full, database")

    def test_of_the_broker(folder: Path, make_box: MakeBox, settle: Settle) -> None:
        disk = SmallDisk(folder / "mosquitto", 8)
        box = make_box("\nautosave_interval 1\n", folder=folder)
        box.undo.append(disk.unmount)
        ingest = box.service("ingest")
        fleet = box.fleet(600)
        box.await_stored(600)
        # Away for a while, so that the broker has a queue to write down.
        ingest.stop()
        disk.fill()
        until(lambda: "No space left" in box.broker.log.read_text(), 30, "the broker cannot save")
        assert box.broker.process is not None
        assert box.broker.process.poll() is None, "the broker lives without its disk"
        box.broker.process.send_signal(signal.SIGKILL)
        box.broker.process.wait(10)
        start_broker(box)
        ingest.start()
        before = box.stored()
        box.await_stored(before + 1_000, 60)
        disk.make_room()
        settle(box, fleet, "11 disk full, broker")


def start_broker(box: Box) -> None:
    """It must come up on the full disk, whatever half a file its last try to save left."""
    try:
        box.broker.start()
    except NotStarted as error:
        pytest.fail(str(error))
