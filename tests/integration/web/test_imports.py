"""Files over REST: the dry run shows what the real run does, and twice changes nothing."""

import io
import json
from datetime import timedelta
from typing import Any

import httpx
import openpyxl
import pytest
from psycopg import sql

from core import clock
from devices.datum import from_wgs84
from devices.readings import DATUMS
from geo.patrol.windows import LOCAL
from tests.website import Site

PATH = "/api/v1/patrol/import"
CSV, GEOJSON = "text/csv", "application/geo+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLES = (
    "patrol_point", "fence", "patrol_window", "patrol_route", "patrol_route_version",
    "patrol_segment", "roster_shift", "calendar_day", "tag_enrolment", "event",
)  # fmt: skip


def send(client: httpx.Client, kind: str, body: str | bytes, media: str = CSV, *,
         dry_run: bool = False, **more: Any) -> Any:  # fmt: skip
    content = body.encode() if isinstance(body, str) else body
    answer = client.post(PATH, params={"kind": kind, "dry_run": dry_run, **more}, content=content,
                         headers={"Content-Type": media})  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows_of(site: Site) -> dict[str, Any]:
    with site.connect() as conn:
        found = {}
        for name in TABLES:
            query = sql.SQL("SELECT array_agg(t::text ORDER BY t::text) FROM {} t")
            found[name] = conn.execute(query.format(sql.Identifier(name))).fetchone()
    return found


def actions(report: Any) -> list[str]:
    return [row["action"] for row in report["rows"]]


def dry_then_real_then_again(
    site: Site, login: str, kind: str, body: str | bytes, media: str = CSV, **more: Any
) -> Any:
    """The three promises of an import; answers the real run's report."""
    with site.client(login) as client:
        before = rows_of(site)
        dry = send(client, kind, body, media, dry_run=True, **more)
        assert rows_of(site) == before, "a dry run writes nothing"
        real = send(client, kind, body, media, **more)
        assert real | {"dry_run": True} == dry
        done = rows_of(site)
        again = send(client, kind, body, media, **more)
        assert rows_of(site) == done, "twice is once"
        assert set(actions(again)) <= {"unchanged", "refused"}
    return real


POINTS = """名称,单位,经度,纬度,半径,标签,等级
滨江一号,squad_a,121.501,31.24,40,04:AA:00:01,一级
滨江二号,squad_a,121.502,31.24,,,2
滨江三号,squad_a,351234.5,3456789,,,2
滨江四号,nowhere,121.504,31.24,,,2
滨江五号,squad_a,121.505,31.24,,04AA0001,2
"""


def test_points_with_each_refusal_in_both_languages(site: Site) -> None:
    report = dry_then_real_then_again(site, "dispatch", "points", POINTS)
    assert actions(report) == ["created", "created", "refused", "refused", "refused"]
    assert report["counts"] == {
        "created": 2, "changed": 0, "unchanged": 0, "ended": 0, "refused": 3}  # fmt: skip
    plane, org, tag = report["rows"][2:]
    assert "平面坐标" in plane["zh"] and "plane" in plane["en"] and plane["row"] == 3
    assert "nowhere" in org["en"] and "单位" in org["zh"]
    assert "belongs to another point" in tag["en"]
    assert report["windows"]["created"] >= 6
    with site.client("dispatch_a") as client:
        points = {p["name"]: p for p in client.get("/api/v1/patrol/points").json()["items"]}
    assert points["滨江一号"]["tag"] == "04AA0001" and points["滨江一号"]["radius_m"] == 40
    assert points["滨江二号"]["radius_m"] == 50


def test_points_change_and_end_by_file(site: Site) -> None:
    with site.client("dispatch_a") as client:
        send(client, "points", "name,lon,lat,grade\n改一,121.51,31.24,3\n改二,121.52,31.24,3\n")
    body = "name,lon,grade,ended\n改一,,1,\n改二,,,是\n改三,,,是\n"
    report = dry_then_real_then_again(site, "dispatch_a", "points", body)
    assert actions(report) == ["changed", "ended", "unchanged"]
    assert report["rows"][0]["changes"] == {"grade": [3, 1]}
    # Six a day, but for one that may be open now.
    assert report["windows"]["withdrawn"] >= 1 and report["windows"]["created"] >= 5


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000"])
def test_the_datum_of_a_file_is_taken_off(site: Site, datum: str) -> None:
    lon, lat = (float(v) for v in from_wgs84(121.53, 31.25, DATUMS.index(datum)))
    body = f"name,lon,lat\n{datum},{lon},{lat}\n"
    dry_then_real_then_again(site, "dispatch_a", "points", body, datum=datum)
    with site.client("dispatch_a") as client:
        items = client.get("/api/v1/patrol/points").json()["items"]
    (point,) = [one for one in items if one["name"] == datum]
    assert (point["lon"], point["lat"]) == pytest.approx((121.53, 31.25), abs=2e-7)


def test_what_is_exported_can_be_taken_in_and_changes_nothing(site: Site) -> None:
    with site.client("dispatch_a") as client:
        send(client, "points", "name,lon,lat\n'=SUM(A1),121.54,31.24\n")
        for wanted, media in (("csv", CSV), ("geojson", GEOJSON), ("xlsx", XLSX)):
            answer = client.get("/api/v1/patrol/points", params={"format": wanted})
            assert answer.headers["content-type"].startswith(media)
            report = send(client, "points", answer.content, media)
            assert set(actions(report)) == {"unchanged"} and len(report["rows"]) >= 1, wanted
        table = client.get("/api/v1/patrol/points", headers={"Accept": "text/csv"})
        assert "'=SUM(A1)" in table.content.decode("utf-8-sig")
    with site.client("admin_b") as client:
        table = client.get("/api/v1/patrol/points", params={"format": "csv"})
        assert table.content.count(b"\r\n") == 1, "nothing of squad a"


def test_a_workbook_and_what_excel_in_china_writes(site: Site) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["名称", "经度", "纬度", "勤务等级"])
    sheet.append(["表格点", 121.55, 31.24, "三级"])
    out = io.BytesIO()
    book.save(out)
    report = dry_then_real_then_again(site, "dispatch_a", "points", out.getvalue(), XLSX)
    assert actions(report) == ["created"]
    old = "名称,经度,纬度\n国标点,121.56,31.24\n".encode("gb18030")
    assert actions(dry_then_real_then_again(site, "dispatch_a", "points", old)) == ["created"]


def test_routes_are_their_stops(site: Site) -> None:
    with site.client("dispatch_a") as client:
        send(client, "points", "name,lon,lat\n站一,121.57,31.24\n站二,121.58,31.24\n")
    body = ("name,order,stop,point,travel_s,tolerance_s\n"
            "环线,顺序,2,站二,600,120\n环线,顺序,1,站一,,\n支线,free,1,没有,,\n")  # fmt: skip
    report = dry_then_real_then_again(site, "dispatch_a", "routes", body)
    assert actions(report) == ["created", "created", "refused"]
    with site.client("dispatch_a") as client:
        (route,) = client.get("/api/v1/patrol/routes").json()["items"]
        stops = route["versions"][0]["body"]["stops"]
        assert [one.get("travel_s", 0) for one in stops] == [0, 600]
        assert route["versions"][0]["body"]["order"] == "ordered"
        changed = send(client, "routes", body.replace("600", "900"))
        assert actions(changed) == ["changed", "changed", "refused"]
        (route,) = client.get("/api/v1/patrol/routes").json()["items"]
        assert len(route["versions"]) == 2


def test_segments_as_geojson(site: Site) -> None:
    def roads(*lons: float) -> str:
        line = {"type": "LineString", "coordinates": [[lon, 31.23] for lon in lons]}
        feature = {
            "type": "Feature",
            "properties": {"路段": "滨江路", "grade": 1},
            "geometry": line,
        }
        return json.dumps({"type": "FeatureCollection", "features": [feature]})

    report = dry_then_real_then_again(site, "dispatch_a", "segments", roads(121.47, 121.474),
                                      GEOJSON)  # fmt: skip
    assert actions(report) == ["created"]
    longer = dry_then_real_then_again(site, "dispatch_a", "segments", roads(121.47, 121.478),
                                      GEOJSON)  # fmt: skip
    assert actions(longer) == ["changed"]
    short = dry_then_real_then_again(site, "dispatch_a", "segments", roads(121.47, 121.47),
                                     GEOJSON)  # fmt: skip
    assert actions(short) == ["refused"]
    with site.client("dispatch_a") as client:
        (stands,) = client.get("/api/v1/patrol/segments").json()["items"]
        assert stands["line"]["coordinates"][1][0] == 121.478, "a refused row ends nothing"
    ended = dry_then_real_then_again(site, "dispatch_a", "segments", "路段,停用\n滨江路,是\n")
    assert actions(ended) == ["ended"]


def test_rosters_by_the_squad_leader(site: Site) -> None:
    with site.client("dispatch_a") as client:
        send(client, "points", "name,lon,lat\n勤一,121.59,31.24\n勤二,121.6,31.24\n")
    day = (clock.now().astimezone(LOCAL) + timedelta(days=1)).date().isoformat()
    body = (
        "终端,上班,下班,巡查点位,类别\n"
        f"officer-0,{day} 08:00,{day} 16:00,勤一；勤二,巡逻\n"
        f"officer-0,{day} 15:00,{day} 20:00,,\n"
        f"officer-1,{day} 08:00,{day} 16:00,,\n"
    )
    report = dry_then_real_then_again(site, "squad_a", "rosters", body)
    assert actions(report) == ["created", "refused", "refused"]
    assert "on duty in this time already" in report["rows"][1]["en"]
    assert "officer-1" in report["rows"][2]["zh"], "another squad's terminal is none"
    later = body.replace("16:00", "17:00")
    assert actions(dry_then_real_then_again(site, "squad_a", "rosters", later))[0] == "changed"
    gone = f"终端,上班,下班,停用\nofficer-0,{day} 08:00,{day} 17:00,是\n"
    assert actions(dry_then_real_then_again(site, "squad_a", "rosters", gone)) == ["ended"]


def test_the_next_notice_of_the_state_council(site: Site) -> None:
    body = "日期,类别,名称,依据\n2030-01-01,放假,元旦,通知\n2030-01-05,上班,元旦调休上班,通知\n"
    report = dry_then_real_then_again(site, "dispatch", "calendar", body)
    assert actions(report) == ["created", "created"]
    renamed = dry_then_real_then_again(
        site, "dispatch", "calendar", body.replace(",元旦,", ",新年,")
    )
    assert actions(renamed) == ["changed", "unchanged"]
    with site.client("dispatch_a") as client:
        mine = send(client, "calendar", body.replace("2030", "2031"))
        assert set(actions(mine)) == {"refused"}


def test_what_is_no_file(site: Site) -> None:
    feature = {"type": "FeatureCollection", "features": [],
               "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}}  # fmt: skip
    with site.client("dispatch_a") as client:
        for body, media, why in (
            (b"name\n", CSV, "1 to 2000 rows"),
            (b"PK", XLSX, "no XLSX"),
            (b"\xff\xfe\xff", CSV, "neither UTF-8"),
            (json.dumps(feature).encode(), GEOJSON, "plane coordinates"),
            (b"[]", GEOJSON, "FeatureCollection"),
        ):
            answer = client.post(PATH, params={"kind": "points"}, content=body,
                                 headers={"Content-Type": media})  # fmt: skip
            assert answer.status_code == 422 and why in answer.text, answer.text
        form = client.post(PATH, params={"kind": "points"}, content=b"name\nx\n",
                           headers={"Content-Type": "text/plain"})  # fmt: skip
        assert form.status_code == 403


def test_without_a_word_nothing_is_written(site: Site) -> None:
    before = rows_of(site)
    with site.client("dispatch_a") as client:
        answer = client.post(PATH, params={"kind": "points"}, headers={"Content-Type": CSV},
                             content=b"name,lon,lat\nx,121.5,31.2\n")  # fmt: skip
        assert answer.json()["dry_run"] is True
    with site.client("viewer_a") as client:
        refused = client.post(PATH, params={"kind": "points"}, headers={"Content-Type": CSV},
                              content=b"name,lon,lat\nx,121.5,31.2\n")  # fmt: skip
        assert refused.status_code == 403
    assert rows_of(site) == before
