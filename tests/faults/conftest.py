"""Boxes to break, and a table of what every fault cost, printed at the end."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.box import Box, Template, make_template, until
from tests.faults.outbox_fleet import Comparison, Fleet, compare

_LINES: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _LINES:
        terminalreporter.section("what the faults cost")
        for line in _LINES:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    with tempfile.TemporaryDirectory(prefix="waypost-fault-template-") as folder:
        yield make_template(Path(folder))


MakeBox = Callable[..., Box]


@pytest.fixture
def make_box(template: Template) -> Iterator[MakeBox]:
    """Make started boxes; whatever happens, they are gone afterwards."""
    boxes: list[Box] = []

    def make(broker_extra: str = "", folder: Path | None = None) -> Box:
        boxes.append(template.copy(folder, broker_extra))
        boxes[-1].start()
        return boxes[-1]

    yield make
    for box in boxes:
        box.close()


@pytest.fixture
def box(make_box: MakeBox) -> Box:
    return make_box()


Settle = Callable[..., Comparison]


@pytest.fixture
def settle(request: pytest.FixtureRequest) -> Settle:
    """Let a fleet drain and hold it against the database: nothing missing, nothing twice."""

    def settle(box: Box, fleet: Fleet, row: str, note: str = "", drain_s: float = 45) -> Comparison:
        if fleet.resend:
            tally = fleet.stop(drain_s)
        else:
            fleet.quiet()
            wanted = fleet.stop(1).sent
            with contextlib.suppress(AssertionError):  # said better below
                until(lambda: box.stored() >= wanted, drain_s, "all is stored")
            tally = fleet.tally()
            assert tally.resent == 0
        found = compare(box.url, fleet.sent)
        line = (
            f"row {row:<34} sent {found.sent:>6}  receipted {tally.receipted:>6}  "
            f"stored {found.stored:>6}  doubled {found.doubled}  missing {found.missing}  "
            f"(resent {tally.resent}{'; ' + note if note else ''})"
        )
        print(line)
        _LINES.append(line)
        assert found.missing == 0, found.missing_keys
        assert found.doubled == 0
        assert found.sent == found.stored == tally.sent > 0
        if fleet.resend:
            assert tally.unreceipted == 0, f"{tally.unreceipted} messages never got a receipt"
        assert box.one("SELECT count(*) FROM quarantine") == 0, "a good row was quarantined"
        return found

    return settle


@pytest.fixture
def report() -> Callable[[str], None]:
    """A line of figures that are not a fleet's."""

    def report(line: str) -> None:
        print(line)
        _LINES.append(line)

    return report
