"""Rates and the monthly report: data, table, spreadsheet and page say the same."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest

from core.events_io import append_events
from geo.patrol import monthly_io, verdicts_io
from geo.patrol.windows import LOCAL
from tests.website import Site

NOW = datetime.now(UTC).replace(microsecond=0)
OPENS = NOW - timedelta(hours=5)
MONTH = f"{OPENS.astimezone(LOCAL):%Y-%m}"


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def windows(site: Site) -> list[int]:
    """Two missed windows of squad a, one of squad b, judged by the real judge."""
    made = []
    for login, name in (("dispatch_a", "=甲点"), ("dispatch_a", "乙点"), ("admin_b", "丙点")):
        with site.client(login) as client:
            body = {"name": name, "lon": 121.4, "lat": 31.2}
            point = ok(client.post("/api/v1/patrol/points", json=body))
            span = {"opens_at": OPENS, "due_at": OPENS + timedelta(minutes=20),
                    "closes_at": OPENS + timedelta(hours=1)}  # fmt: skip
            body = {"point_id": point["id"], "grace_s": 60,
                    **{key: at.isoformat() for key, at in span.items()}}  # fmt: skip
            made.append(int(ok(client.post("/api/v1/patrol/windows", json=body))["id"]))
    with site.connect() as conn, conn.transaction():
        conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)",
                     (NOW - timedelta(days=2), NOW + timedelta(days=1)))  # fmt: skip
        append_events(conn, verdicts_io.sweep(conn, NOW))
    return made


def span() -> dict[str, str]:
    return {
        "from": (OPENS - timedelta(hours=1)).isoformat(),
        "to": (NOW + timedelta(hours=1)).isoformat(),
    }


def test_rates_by_squad_and_their_table(site: Site, windows: list[int]) -> None:
    with site.client("admin") as client:
        found = ok(client.get("/api/v1/patrol/rates", params=span()))
        table = client.get(
            "/api/v1/patrol/rates", params=span(), headers={"Accept": "text/csv"}
        ).text
        by_org = ok(client.get("/api/v1/patrol/rates", params={**span(), "by": "org"}))
    assert found["total"]["required"] == 3 and found["total"]["counts"]["missed"] == 3
    assert found["total"]["figures"]["completion"]["denominator"] == 3
    assert sorted(one["required"] for one in found["items"]) == [1, 2]
    assert max(one["required"] for one in by_org["items"]) == 3, "the bureau has all"
    rows = list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))
    for row, one in zip(rows, found["items"], strict=True):
        assert (row["name"], int(row["missed"])) == (one["name"], one["counts"]["missed"])
        assert float(row["completion"]) == one["figures"]["completion"]["value"]


def test_a_squad_sees_its_own_alone(site: Site, windows: list[int]) -> None:
    with site.client("viewer_a") as client:
        found = ok(client.get("/api/v1/patrol/rates", params=span()))
        theirs = {"org_id": site.orgs["squad_b"], "month": MONTH}
        assert client.get("/api/v1/reports/patrol-monthly", params=theirs).status_code == 404
        report = client.get("/api/v1/reports/patrol-monthly", params={"month": MONTH}).text
    assert found["total"]["required"] == 2 and "丙点" not in report


def test_the_report_changes_when_a_make_up_is_approved(site: Site, windows: list[int]) -> None:
    where = {"month": MONTH}
    with site.client("viewer_a") as officer, site.client("squad_a") as leader:
        before = ok(leader.get("/api/v1/reports/patrol-monthly", params=where))
        filed = ok(officer.post("/api/v1/patrol/appeals", json={
            "window_id": windows[0], "kind": "makeup", "reason": "标签损坏"}))  # fmt: skip
        ok(leader.post(f"/api/v1/patrol/appeals/{filed['id']}/decision",
                       json={"decision": "approved"}))  # fmt: skip
        after = ok(leader.get("/api/v1/reports/patrol-monthly", params=where))
        then = ok(leader.get("/api/v1/reports/patrol-monthly",
                             params={**where, "as_of": before["as_of"]}))  # fmt: skip
        page = leader.get("/api/v1/reports/patrol-monthly/page", params=where).text
    assert (before["total"]["counts"]["missed"], after["total"]["counts"]["missed"]) == (2, 1)
    assert after["total"]["counts"]["makeup"] == 1
    assert after["total"]["figures"]["score"]["numerator"] == 0.5
    assert then["total"] == before["total"], "what was known then"
    (appeal,) = after["appeals"]
    assert (appeal["before"], appeal["after"], appeal["decided_by"]) == (
        "missed", "makeup", "squad_a",
    )  # fmt: skip
    assert "漏巡 <b>1</b>" in page and "（准时＋早到＋迟到）÷（应到－免于考核）" in page
    assert "<script" not in page and " style=" not in page


def test_spreadsheet_and_table_agree_and_hold_no_formula(site: Site, windows: list[int]) -> None:
    where = {"month": MONTH}
    path = "/api/v1/reports/patrol-monthly"
    with site.client("dispatch_a") as client:
        report = ok(client.get(path, params=where))
        sheet = client.get(path, params={**where, "format": "xlsx"})
        table = client.get(path, params={**where, "format": "csv"}).text
    book = openpyxl.load_workbook(io.BytesIO(sheet.content))
    assert book.sheetnames[:2] == ["总览", "各中队"] and book["总览"].freeze_panes == "A2"
    rows = list(csv.reader(io.StringIO(table.lstrip("\ufeff"))))
    for name in book.sheetnames:
        cells = [["" if c is None else str(c) for c in row]
                 for row in book[name].iter_rows(values_only=True)]  # fmt: skip
        start = rows.index([name]) + 1
        for mine, theirs in zip(cells, rows[start : start + len(cells)], strict=True):
            assert [_number(one) for one in mine] == [_number(one) for one in theirs]
    assert len(report["missed"]) == book["漏巡清单"].max_row - 1
    points = [str(cell.value) for cell in book["末位点位"]["A"]]
    assert "'=甲点" in points and "=甲点" not in points


def test_frozen_it_says_what_moved_since(site: Site, windows: list[int]) -> None:
    with site.client("dispatch_a") as client:
        said = ok(client.post("/api/v1/reports/patrol-monthly/freeze", json={"month": MONTH}))
        assert said["version"] == 1
        body = {"kind": "order", "reason": "保障任务"}
        ok(client.post(f"/api/v1/patrol/windows/{windows[1]}/excuse", json=body))
        report = ok(client.get("/api/v1/reports/patrol-monthly", params={"month": MONTH}))
        frozen = report["frozen"]
        assert frozen["frozen_by"] == "dispatch_a" and "completion" in frozen["moved"]
        moved = frozen["moved"]["completion"]
        assert moved["now"]["denominator"] == moved["then"]["denominator"] - 1
        assert client.post("/api/v1/reports/patrol-monthly/freeze",
                           json={"month": "2026-13"}).status_code == 422  # fmt: skip


def test_on_the_fifth_last_month_freezes_itself(site: Site, windows: list[int]) -> None:
    following = (OPENS.astimezone(LOCAL).replace(day=1) + timedelta(days=32)).replace(day=4)
    with site.connect() as conn:
        assert monthly_io.sweep(conn, following) == []
        said = []
        while events := monthly_io.sweep(conn, following.replace(day=5)):
            said += events
        frozen = {event.body["report"]["org_id"] for event in said}
        assert site.orgs["squad_b"] in frozen and site.orgs["bureau"] in frozen
        assert site.orgs["squad_a"] not in frozen, "it was frozen by hand"


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
