"""Map layers over REST: in whatever format and datum they go out, they come in again alike."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import httpx
import pytest
import shapely

from devices.datum import from_wgs84
from devices.readings import DATUMS
from geo.importers_io import GEOJSON, GPKG, KML, SHAPEFILE
from geo.layers_io import MEDIA
from tests.website import Site

PATH = "/api/v1/patrol"
SQUARE = [[121.50, 31.20], [121.51, 31.20], [121.51, 31.21], [121.50, 31.21], [121.50, 31.20]]


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with site.client("dispatch") as client:
        yield client


@pytest.fixture
def drawn(client: httpx.Client) -> Iterator[list[str]]:
    """A polygon, a circle, a segment and a point, and away with them afterwards."""
    square = {"type": "Polygon", "coordinates": [SQUARE]}
    centre = {"type": "Point", "coordinates": [121.52, 31.2]}
    ends = []
    for body in (
        {"name": "夜市", "geometry": square, "dwell_s": 600},
        {"name": "江边", "geometry": centre, "radius_m": 120, "purpose": "forbidden"},
    ):
        ends.append(f"/api/v1/fences/{client.post('/api/v1/fences', json=body).json()['id']}")
    line = {"type": "LineString", "coordinates": SQUARE[:3]}
    made = client.post(f"{PATH}/segments", json={"name": "江边路", "line": line, "width_m": 12})
    point = client.post(f"{PATH}/points", json={"name": "桥头", "lon": 121.53, "lat": 31.2})
    yield ["夜市", "江边"]
    for fence in client.get("/api/v1/fences?limit=1000").json()["items"]:
        if fence["purpose"] != "point":
            client.delete(f"/api/v1/fences/{fence['id']}")
    client.post(f"{PATH}/segments/{made.json()['id']}/end", json={})
    client.post(f"{PATH}/points/{point.json()['id']}/end", json={})


def give(client: httpx.Client, kind: str, wanted: str, datum: str = "wgs84") -> bytes:
    answer = client.get(f"{PATH}/export", params={"kind": kind, "format": wanted, "datum": datum})
    assert answer.status_code == 200 and answer.headers["content-type"] == MEDIA[wanted]
    return answer.content


def take(client: httpx.Client, kind: str, body: bytes, media: str, **more: Any) -> Any:
    answer = client.post(f"{PATH}/import", content=body, headers={"Content-Type": media},
                         params={"kind": kind, "dry_run": False, **more})  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()


def actions(report: Any) -> dict[str, str]:
    return {row["name"]: row["action"] for row in report["rows"]}


@pytest.mark.parametrize("wanted", sorted(MEDIA))
@pytest.mark.parametrize("kind", ["points", "fences", "segments"])
def test_what_goes_out_comes_in_unchanged(
    client: httpx.Client, drawn: list[str], wanted: str, kind: str
) -> None:
    report = take(client, kind, give(client, kind, wanted), MEDIA[wanted])
    assert report["counts"]["unchanged"] == len(report["rows"]) > 0, report["rows"]


def test_in_another_datum_it_lies_where_that_datum_has_it(
    client: httpx.Client, drawn: list[str]
) -> None:
    shifted = json.loads(give(client, "fences", "geojson", "gcj02"))
    corner = shifted["features"][0]["geometry"]["coordinates"][0][0]
    lon, lat = from_wgs84([121.5], [31.2], DATUMS.index("gcj02"))
    assert corner == pytest.approx([lon[0], lat[0]], abs=1e-9)
    report = take(client, "fences", json.dumps(shifted).encode(), GEOJSON, datum="gcj02")
    assert set(actions(report).values()) == {"unchanged"}, "there and back within half a centimetre"
    report = take(client, "fences", json.dumps(shifted).encode(), GEOJSON)
    assert set(actions(report).values()) == {"changed"}, "taken for WGS-84 it lies 500 m off"


def layer(folder: Path, driver: str, suffix: str, crs: str | None, **columns: Any) -> bytes:
    frame = geopandas.GeoDataFrame(columns, crs=crs)
    path = folder / f"layer{suffix}"
    frame.to_file(path, driver=driver, engine="pyogrio", **({"encoding": "GB18030"} if
                  suffix == ".shp" else {}))  # fmt: skip
    if suffix != ".shp":
        return path.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for one in folder.iterdir():
            if one.suffix != ".cpg":  # as old desktops leave it out
                packed.write(one, f"某区/{one.name}")
    return out.getvalue()


def test_a_shapefile_of_a_plane_system_in_an_old_encoding(
    client: httpx.Client, drawn: list[str], tmp_path: Path
) -> None:
    """CGCS2000 / 3-degree zone 40, metres, names in GB 18030 and no .cpg."""
    there = geopandas.GeoSeries([shapely.Polygon(SQUARE)], crs="EPSG:4326").to_crs("EPSG:4528")
    body = layer(tmp_path, "ESRI Shapefile", ".shp", "EPSG:4528", 名称=["城隍庙"], geometry=there)
    assert actions(take(client, "fences", body, SHAPEFILE)) == {"城隍庙": "created"}
    (made,) = [f for f in client.get("/api/v1/fences?limit=1000").json()["items"]
               if f["name"] == "城隍庙"]  # fmt: skip
    ring = shapely.geometry.shape(made["geometry"])
    assert ring.symmetric_difference(shapely.Polygon(SQUARE)).area < 1e-9


def test_each_feature_is_refused_by_itself_with_its_reason(
    client: httpx.Client, drawn: list[str], tmp_path: Path
) -> None:
    good = shapely.Polygon(SQUARE)
    bow = shapely.Polygon([(121.5, 31.2), (121.51, 31.21), (121.51, 31.2), (121.5, 31.21)])
    two = shapely.MultiPolygon([good, shapely.transform(good, lambda p: p + 0.1)])
    one = shapely.MultiPolygon([good])
    line = shapely.LineString(SQUARE[:2])
    plane = shapely.Polygon([(x * 1e4, y * 1e4) for x, y in SQUARE])
    frame = geopandas.GeoDataFrame(
        {"name": ["good", "bow", "two", "one", "line", "plane", None, "nowhere"]},
        geometry=[good, bow, two, one, line, plane, good, None], crs="EPSG:4326")  # fmt: skip
    path = tmp_path / "layer.gpkg"
    frame.to_file(path, driver="GPKG", engine="pyogrio")
    report = take(client, "fences", path.read_bytes(), GPKG)
    said = {row["name"]: (row["action"], row["en"]) for row in report["rows"]}
    assert said["good"][0] == said["one"][0] == "created"
    assert "Self-intersection" in said["bow"][1]
    assert "2 parts" in said["two"][1]
    assert "LineString" in said["line"][1]
    assert "plane coordinates" in said["plane"][1]
    assert "name is missing" in said[""][1]
    assert "geometry is missing" in said["nowhere"][1]
    assert all(row["zh"] for row in report["rows"] if row["action"] == "refused")


@pytest.mark.parametrize(
    ("body", "media", "why"),
    [
        (b"not a file", GPKG, "cannot be read"),
        (b"not a zip", SHAPEFILE, "no zip"),
        (b"<kml/>", KML, ""),
        (b"<html", KML, "cannot be read"),
    ],
)
def test_what_is_no_layer_is_refused_in_words(
    client: httpx.Client, body: bytes, media: str, why: str
) -> None:
    answer = client.post(f"{PATH}/import", content=body, headers={"Content-Type": media},
                         params={"kind": "fences"})  # fmt: skip
    assert answer.status_code == 422, answer.text
    assert why in answer.json()["detail"] and "tmp" not in answer.text


def test_a_shapefile_in_parts_is_asked_for_the_rest(client: httpx.Client) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("roads.shp", b"x")
    answer = client.post(f"{PATH}/import", content=out.getvalue(), params={"kind": "segments"},
                         headers={"Content-Type": SHAPEFILE})  # fmt: skip
    assert answer.status_code == 422 and "roads.shp comes without its .shx" in answer.text


def test_a_squad_gets_its_own(site: Site, drawn: list[str]) -> None:
    with site.client("dispatch_a") as stranger:
        for kind in ("fences", "segments"):
            assert json.loads(give(stranger, kind, "geojson"))["features"] == []
