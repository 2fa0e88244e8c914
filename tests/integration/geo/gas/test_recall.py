"""Who may read whom, what a recall passes over and says so, and one task of a finding at a time."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import Connection

from core.errors import Conflict, Invalid
from core.migrate import migrate
from core.values import OrgId, Role, Viewer, to_ms
from dispatch import gas_io
from dispatch.gas_io import Household
from geo.gas import ledger_io, registers_io, trace_io
from geo.gas.findings_io import Filter, finding, follow_task, list_findings
from geo.gas.trace_io import Question, households_csv
from tests.integration.evaluators.road import make_org
from tests.integration.geo.gas.test_judgement_io import NOW, office, quiet, send, told, viewer
from tests.servers import Server

__all__ = ["office", "viewer"]
LATER = NOW + timedelta(days=2)


def deliver(conn: Connection[Any], who: Viewer, code: str, user: str) -> str:
    line = {"event_id": str(uuid4()), "type": "deliver", "code": code, "user_id": user,
            "at": to_ms(NOW) - 3_600_000}  # fmt: skip
    assert send(conn, who, [line])["counts"]["created"] == 1
    return line["event_id"]


def recall(
    conn: Connection[Any], who: Viewer, *homes: tuple[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Of (user, code): tasks, and what was passed over."""
    wanted = [Household(user, code) for user, code in homes]
    found, events = gas_io.tasks_of_recall(conn, who, wanted, reason="scale off", now=NOW)
    assert len(events) == len(found.tasks)
    return found.tasks, found.skipped


# ── two organisations ──────────────────────────────────────────────────────


@pytest.fixture
def stranger(conn: Connection[Any], office: Viewer) -> Viewer:
    """Another organisation's dispatcher; the office knows a household he does not."""
    row = {"key": "SECRET", "name": "王某", "phone": "13900000000", "address": "澄湾路9号",
           "lat": 31.2, "lon": 121.5}  # fmt: skip
    registers_io.take_in(conn, office, "user", [row], datum="wgs84", dry_run=False, now=NOW)
    org = OrgId(make_org(conn, "another"))
    return Viewer("spy", Role.DISPATCHER, org, frozenset({org}))


def names(found: Any) -> set[str]:
    text = repr(found)
    return {one for one in ("王某", "13900000000", "澄湾路9号", "31.2") if one in text}


def test_a_trace_tells_nobody_the_household_of_another_organisation(
    conn: Connection[Any], office: Viewer, stranger: Viewer
) -> None:
    deliver(conn, stranger, "SPY-1", "SECRET")
    for asked in (Question("cylinder", "SPY-1"), Question("user", "SECRET")):
        found = trace_io.trace(conn, stranger, asked)
        assert [one["user"] for one in found["households"]] == ["SECRET"]
        assert names(found) == names(households_csv(found)) == set()
        assert not any(node["known"] for node in found["nodes"])
    assert names(trace_io.cylinder(conn, stranger, "SPY-1")) == set()
    deliver(conn, office, "OUR-1", "SECRET")
    found = trace_io.trace(conn, office, Question("cylinder", "OUR-1"))
    assert len(names(found)) == 4, "who may see it does"


def test_a_recall_tells_nobody_the_household_of_another_organisation(
    conn: Connection[Any], office: Viewer, stranger: Viewer
) -> None:
    deliver(conn, office, "OUR-1", "SECRET")
    deliver(conn, stranger, "SPY-1", "SECRET")
    deliver(conn, stranger, "SPY-2", "U1")
    for homes in ([("SECRET", "OUR-1")], [("SECRET", "none")], [("U1", "SPY-1")],
                  [("SECRET", "SPY-1"), ("SECRET", "OUR-1")]):  # fmt: skip
        with pytest.raises(Invalid) as why:
            recall(conn, stranger, *homes)
        assert homes[-1][0] in str(why.value)
        assert homes[-1][1] in str(why.value)
        assert names(str(why.value)) == set()
    assert tasks_of(conn, "SPY-1") == tasks_of(conn, "OUR-1") == []

    ((task,), skipped) = recall(conn, stranger, ("SECRET", "SPY-1"))
    assert (names(task), skipped) == (set(), [])
    ((ours,), _) = recall(conn, office, ("SECRET", "OUR-1"))
    assert "澄湾路9号" in ours["title"]
    assert (ours["lat"], ours["lon"]) == (31.2, 121.5)


def test_a_recall_of_another_organisation_suppresses_none_of_ours(
    conn: Connection[Any], office: Viewer, stranger: Viewer
) -> None:
    deliver(conn, office, "BOTH", "U600")
    deliver(conn, stranger, "BOTH", "U600")
    assert len(recall(conn, stranger, ("U600", "BOTH"))[0]) == 1
    tasks, skipped = recall(conn, office, ("U600", "BOTH"))
    assert (len(tasks), skipped) == (1, [])


def test_a_delivery_declared_wrong_is_no_reason_for_a_recall(
    conn: Connection[Any], office: Viewer
) -> None:
    wrong = deliver(conn, office, "W-1", "U600")
    ledger_io.declare(conn, office, UUID(wrong), reason="did_not_occur", corrected_by=[],
                      note="x", now=NOW)  # fmt: skip
    with pytest.raises(Invalid, match="W-1"):
        recall(conn, office, ("U600", "W-1"))


def tasks_of(conn: Connection[Any], code: str) -> list[int]:
    rows = conn.execute("SELECT id FROM task WHERE source ->> 'code' = %s ORDER BY id", (code,))
    return [id_ for (id_,) in rows]


# ── what runs already ──────────────────────────────────────────────────────


def unchecked(conn: Connection[Any], who: Viewer, no: int = 1) -> dict[str, Any]:
    """A finding of a delivery without a safety check."""
    lines = [one for one in told(no, 1, Random(3)) if one["type"] != "user_check"]
    send(conn, who, lines)
    quiet(conn, LATER)
    found = list_findings(conn, who, Filter(rules=["E18"], key=lines[0]["code"]), limit=9)["items"]
    (one,) = [each for each in found if each["variant"] == "user_check"] or found
    return dict(one)


def send_squad(conn: Connection[Any], who: Viewer, id_: int) -> dict[str, Any]:
    made, _ = gas_io.task_of_finding(conn, who, id_, note="", now=NOW)
    task: dict[str, Any] = made["task"]
    return task


def test_only_a_running_recall_suppresses_a_recall_and_is_named(
    conn: Connection[Any], office: Viewer
) -> None:
    one = unchecked(conn, office)
    home = (one["detail"]["user_id"], one["key"])
    checked = send_squad(conn, office, one["id"])
    (task,), skipped = recall(conn, office, home)
    assert task["id"] != checked["id"]
    assert (task["priority"], skipped) == (1, [])

    deliver(conn, office, "OTHER", "U601")
    passed = {"user": home[0], "code": home[1], "reason": "running", "task_id": task["id"]}
    made, skipped = recall(conn, office, home, ("U601", "OTHER"), ("U601", "OTHER"))
    assert [each["source"]["code"] for each in made] == ["OTHER"]
    assert skipped == [passed, {"user": "U601", "code": "OTHER", "reason": "running",
                                "task_id": made[0]["id"]}]  # fmt: skip
    conn.execute("UPDATE task SET state = 'cancelled' WHERE id = %s", (task["id"],))
    (again,), skipped = recall(conn, office, home)
    assert (again["id"] > task["id"], skipped) == (True, [])


def test_a_finding_has_one_open_task(conn: Connection[Any], office: Viewer) -> None:
    one = unchecked(conn, office)
    first = send_squad(conn, office, one["id"])
    with pytest.raises(Conflict, match=str(first["id"])):
        send_squad(conn, office, one["id"])
    conn.execute("UPDATE gas_finding SET withdrawn_at = %s, withdrawn = 'ended'", (NOW,))
    with pytest.raises(Conflict, match=str(first["id"])):
        send_squad(conn, office, one["id"])
    conn.execute("UPDATE task SET state = 'cancelled' WHERE id = %s", (first["id"],))
    with pytest.raises(Invalid, match="withdrawn"):
        send_squad(conn, office, one["id"])
    conn.execute("UPDATE gas_finding SET withdrawn_at = NULL, withdrawn = NULL")
    assert send_squad(conn, office, one["id"])["id"] > first["id"], "a task that failed"


def test_the_report_of_the_first_of_two_tasks_reaches_its_finding(
    conn: Connection[Any], office: Viewer
) -> None:
    """Two were made by a double click, before that was refused."""
    one = unchecked(conn, office)
    first = send_squad(conn, office, one["id"])
    conn.execute("UPDATE task SET state = 'cancelled' WHERE id = %s", (first["id"],))
    second = send_squad(conn, office, one["id"])
    assert finding(conn, office, one["id"])["task_id"] == second["id"]
    (event,) = follow_task(conn, first["id"], "closed", ["属实"], NOW)
    assert event.body["finding"]["id"] == one["id"]
    assert finding(conn, office, one["id"])["outcome"] == "confirmed"
    assert list(follow_task(conn, second["id"], "closed", ["属实"], NOW)) == []


def test_the_end_of_a_recall_moves_no_finding(conn: Connection[Any], office: Viewer) -> None:
    one = unchecked(conn, office)
    send_squad(conn, office, one["id"])
    (task,), _ = recall(conn, office, (one["detail"]["user_id"], one["key"]))
    assert list(follow_task(conn, task["id"], "closed", ["属实"], NOW)) == []


def together(jobs: Sequence[Any]) -> list[str]:
    """Each by its own connection at once: what came of each."""
    came: list[str] = []
    start = threading.Barrier(len(jobs))

    def run(job: Any) -> None:
        start.wait()
        try:
            came.append(f"made {job()}")
        except Conflict:
            came.append("conflict")

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(came)


def test_a_double_click_makes_one_task(server: Server) -> None:
    """In a database of its own, because what is written there stays."""
    url = server.create_database("waypost_test_double_click")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    with psycopg.connect(url) as conn:
        org = OrgId(make_org(conn))
        who = Viewer("gas", Role.DISPATCHER, org, frozenset({org}))
        deliver(conn, who, "D-1", "U1")
        line = {"event_id": str(uuid4()), "type": "scan", "code": "D-1", "at": to_ms(NOW)}
        send(conn, who, [line])
        (one, *_) = list_findings(conn, who, Filter(key="D-1"), limit=9)["items"]

    def click() -> int:
        with psycopg.connect(url) as mine:
            send_squad(mine, who, one["id"])
        return 1

    def ask() -> int:
        with psycopg.connect(url) as mine:
            return len(recall(mine, who, ("U1", "D-1"))[0])

    assert together([click, click, click]) == ["conflict", "conflict", "made 1"]
    assert together([ask, ask, ask]) == ["made 0", "made 0", "made 1"]
