"""Coverage and segments over REST."""

import csv
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import geopandas
import httpx
import openpyxl
import pytest

from core import clock
from geo.patrol.windows import LOCAL
from tests.website import Site

ROAD = {"type": "LineString", "coordinates": [[121.47, 31.23], [121.474, 31.23]]}
MONDAY = datetime(2026, 3, 2, tzinfo=LOCAL)
SPAN = {"since": MONDAY.isoformat(), "until": (MONDAY + timedelta(hours=10)).isoformat()}


@pytest.fixture(scope="module", autouse=True)
def walked(site: Site) -> None:
    """An officer of squad a walks along a road of the squad at 2 m/s, on a Monday."""
    with site.connect() as conn:
        conn.execute("SELECT make_partition(%s)", (MONDAY.date(),))
        no = site.units["officer-0"]
        for i in range(20):
            conn.execute(
                """INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,
                                         acc_dm, src, datum, flags)
                   VALUES (%s, now(), %s, 0, %s, 312300000, %s, 50, 0, 0, 1)""",
                (MONDAY + timedelta(hours=9, seconds=10 * i), i, no, 1_214_700_000 + i * 2_100),
            )
        squad = site.orgs["squad_a"]
        conn.execute(
            """INSERT INTO patrol_segment (org_id, name, line, created_at, created_by)
               VALUES (%s, '=滨江路', %s::jsonb, '2026-01-01', 'x')""",
            (squad, str(ROAD).replace("'", '"')),
        )
        conn.execute(
            """WITH circle AS (
                   INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, dwell_s,
                                      created_at)
                   VALUES (%s, '桥', 'point', 31.23, 121.471, 50, 30, '2026-01-01') RETURNING id)
               INSERT INTO patrol_point (org_id, name, fence_id, created_at)
               SELECT %s, '桥', id, '2026-01-01' FROM circle""",
            (squad, squad),
        )
        conn.execute(
            """INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, created_at)
               VALUES (%s, '片区', 'area', 31.23, 121.472, 250, '2026-01-01')""",
            (squad,),
        )


def ask(client: httpx.Client, **given: Any) -> httpx.Response:
    answer = client.get("/api/v1/patrol/coverage", params={**SPAN, **given})
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("kind", ["point", "segment", "area"])
def test_each_kind_has_numerator_denominator_and_how_sure_it_is(site: Site, kind: str) -> None:
    with site.client("viewer") as client:
        body = ask(client, kind=kind).json()
    (item,) = body["items"]
    assert body["source"] == "live"
    assert item["object"]["kind"] == kind
    assert item["covered"] > 0 and item["required"] > 0 and 0 < item["share"] <= 1
    assert item["confidence"] == "normal" and item["period_s"] == 10 and item["unknown_s"] == 0
    assert item["definition"]["zh"] and item["definition"]["en"]
    assert body["sum"]["share"] == item["share"]


def test_a_squad_sees_its_own_alone(site: Site) -> None:
    with site.client("admin_b") as client:
        for kind in ("point", "segment", "area"):
            assert ask(client, kind=kind).json()["items"] == []
            assert ask(client, kind=kind, format="geojson").json()["features"] == []
        refused = client.get("/api/v1/patrol/coverage", params={"org_id": site.orgs["squad_a"]})
        assert refused.status_code == 404
    with site.client("viewer_a") as client:
        assert len(ask(client, kind="point").json()["items"]) == 1


def test_today_is_asked_for_without_a_span(site: Site) -> None:
    with site.client("viewer") as client:
        body = client.get("/api/v1/patrol/coverage").json()
    begin = datetime.fromisoformat(body["from"]).astimezone(LOCAL)
    assert (begin.date(), begin.hour) == (clock.now().astimezone(LOCAL).date(), 0)
    assert body["items"][0]["confidence"] == "none"
    with site.client("viewer") as client:
        ahead = {"until": (clock.now() + timedelta(hours=5)).isoformat()}
        body = client.get("/api/v1/patrol/coverage", params=ahead).json()
    assert datetime.fromisoformat(body["to"]) <= clock.now(), "nobody knows the future"


def test_spans_that_make_no_sense(site: Site) -> None:
    late = (MONDAY + timedelta(days=32)).isoformat()
    with site.client("viewer") as client:
        for until in (SPAN["since"], late):
            answer = client.get("/api/v1/patrol/coverage", params={**SPAN, "until": until})
            assert answer.status_code == 422


def test_as_a_table(site: Site) -> None:
    with site.client("viewer") as client:
        answer = client.get("/api/v1/patrol/coverage", params={**SPAN, "kind": "segment"},
                            headers={"Accept": "text/csv"})  # fmt: skip
        book = ask(client, kind="segment", format="xlsx").content
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))
    assert row["name"] == "'=滨江路"  # a spreadsheet would take it for a formula
    assert (row["unit"], row["confidence"], row["source"]) == ("m", "normal", "live")
    assert float(row["share"]) == pytest.approx(1.0)
    assert row["definition_zh"].startswith("路段覆盖")
    head, line = openpyxl.load_workbook(BytesIO(book)).active.iter_rows(values_only=True)
    found = dict(zip(head, line, strict=True))
    assert found["name"] == "'=滨江路"
    assert found["covered"] == float(row["covered"])


def test_as_a_map(site: Site, tmp_path: Path) -> None:
    with site.client("viewer") as client:
        road, area = (ask(client, kind=k, format="geojson").json() for k in ("segment", "area"))
        package = ask(client, kind="area", format="gpkg").content
    whole, stretch = road["features"]
    assert [f["properties"]["layer"] for f in (whole, stretch)] == ["objects", "covered"]
    assert whole["properties"]["share"] == pytest.approx(1.0)
    assert stretch["geometry"]["type"] == "LineString"
    assert stretch["geometry"]["coordinates"][0] == pytest.approx([121.47, 31.23])
    cells = [f for f in area["features"] if f["properties"]["layer"] == "covered"]
    assert sum(f["properties"]["dwell_s"] for f in cells) == pytest.approx(190, abs=1)
    (tmp_path / "x.gpkg").write_bytes(package)
    frame = geopandas.read_file(tmp_path / "x.gpkg", layer="covered")
    assert len(frame) == len(cells)
    assert frame.crs.to_epsg() == 4326


def test_a_map_of_nothing_is_a_map(site: Site) -> None:
    with site.client("admin_b") as client:
        for kind in ("point", "area"):
            assert ask(client, kind=kind, format="gpkg").content.startswith(b"SQLite format 3")
            assert ask(client, kind=kind, format="csv").content.count(b"\r\n") == 1
            assert ask(client, kind=kind, format="xlsx").content.startswith(b"PK")


def test_draw_and_end_a_segment(site: Site) -> None:
    with site.client("dispatch_a") as client:
        made = client.post("/api/v1/patrol/segments", json={"name": "北路", "line": ROAD})
        assert made.status_code == 201, made.text
        segment = made.json()
        assert segment["line"] == ROAD and segment["org_id"] == site.orgs["squad_a"]
        listed = client.get("/api/v1/patrol/segments").json()["items"]
        assert segment in listed
        path = f"/api/v1/patrol/segments/{segment['id']}/end"
        with site.client("admin_b") as stranger:
            assert stranger.post(path, json={}).status_code == 404
        with site.client("viewer_a") as viewer:
            assert viewer.post(path, json={}).status_code == 403
        assert client.post(path, json={}).status_code == 204
        assert client.post(path, json={}).status_code == 404
        assert segment not in client.get("/api/v1/patrol/segments").json()["items"]
    with site.connect() as conn:
        kinds = conn.execute("SELECT kind FROM event WHERE kind LIKE 'segment.%' ORDER BY id")
        assert [kind for (kind,) in kinds] == ["segment.created", "segment.ended"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"type": "Polygon", "coordinates": []}, "LineString"),
        ({"type": "LineString", "coordinates": [[121.47, 31.23]]}, "2 to 2000"),
        ({"type": "LineString", "coordinates": [[-1234.5, 2345.6], [0, 0]]}, "plane system"),
        ({"type": "LineString", "coordinates": [[31.23, 121.47], [31.23, 121.48]]}, "Exchange"),
        ({"type": "LineString", "coordinates": [[121.47, 31.23], [121.47, 31.23]]}, "0.0 m long"),
        (
            {"type": "LineString", "coordinates": [[121.47, 31.23], [121.47, 31.5]]},
            "29936.5 m",
        ),
        ({"type": "LineString", "coordinates": [[121.47, 31.23], [10.0, 31.5]]}, "longer"),
    ],
)
def test_lines_that_are_none(site: Site, line: dict[str, Any], why: str) -> None:
    with site.client("dispatch") as client:
        answer = client.post("/api/v1/patrol/segments", json={"name": "x", "line": line})
    assert answer.status_code == 422
    assert why in answer.json()["detail"]
