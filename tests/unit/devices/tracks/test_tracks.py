"""Track files of the three kinds, read as what they are and refused with the place of the fault."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.tracks import capture, gpx, table
from devices.tracks.track import BadTrack, when_ms
from tests.table import table as cases

DATA = Path("tests/data")
START_MS = 1_772_323_200_000  # 2026-03-01T08:00:00+08:00


def test_gpx_of_two_segments_with_extensions() -> None:
    fixes = gpx.read((DATA / "around-the-block.gpx").read_bytes())
    assert len(fixes) == 120
    assert [fix.at_ms for fix in fixes] == [START_MS + 5000 * n for n in range(120)]
    first, last = fixes[0], fixes[-1]
    assert (first.lon_deg, first.lat_deg) == (121.4737, 31.2304)
    assert (first.spd_mps, first.crs_deg, first.acc_m, first.alt_m, first.sat) == (
        1.3, 90.0, 5.0, 4.5, 12,
    )  # fmt: skip
    assert (last.spd_mps, last.acc_m, last.sat) == (None, None, None)


def test_csv_with_seconds_since_1970_and_kilometres_an_hour() -> None:
    fixes = table.read((DATA / "around-the-block.csv").read_text("utf-8"))
    same = gpx.read((DATA / "around-the-block.gpx").read_bytes())
    assert [(f.at_ms, f.lon_deg, f.lat_deg) for f in fixes] == [
        (f.at_ms, f.lon_deg, f.lat_deg) for f in same
    ]
    assert {round(fix.spd_mps or 0, 6) for fix in fixes} == {1.3}


@cases("""
    text                                                   at_ms              spd
    time,lat,lon,speed\\n2026-03-01T08:00:00+08:00,31,121,2      1772323200000  2
    at;lng;lat;speed_kmh\\n1772323200000;121;31;7.2              1772323200000  2
    TIMESTAMP,Longitude,Latitude,spd\\n1772323200.5,121,31,2     1772323200500  2
    时间,经度,纬度,速度\\n2026-03-01T00:00:00Z,121,31,2            1772323200000  2
""")
def test_csv_in_other_words(text: str, at_ms: float, spd: float) -> None:
    (fix,) = table.read(text.replace("\\n", "\n"))
    assert (fix.at_ms, fix.lon_deg, fix.lat_deg) == (at_ms, 121, 31)
    assert fix.spd_mps == pytest.approx(spd)


def test_csv_out_of_order_with_empty_cells_and_lines() -> None:
    fixes = table.read("\ufefftime,lat,lon,acc\n1772323210,31,121,\n\n1772323200,31,121,4\n")
    assert [(fix.at_ms, fix.acc_m) for fix in fixes] == [
        (START_MS, 4.0),
        (START_MS + 10_000, None),
    ]


@cases("""
    text                                      said
    time,lat\\n1,2                            lon
    a,b,c\\n1,2,3                             at:
    time,lat,lon\\n                           no.fix
    time,lat,lon\\nyesterday,31,121           line.2
    time,lat,lon\\n1772323200,nan,121         line.2
    time,lat,lon\\n1772323200,95,121          line.2
    time,lat,lon\\ninf,31,121                 line.2
""")
def test_csv_that_is_no_track(text: str, said: str) -> None:
    with pytest.raises(BadTrack, match=said):
        table.read(text.replace("\\n", "\n"))


@cases("""
    text                                                                          said
    <gpx                                                                          well-formed
    <kml/>                                                                        not.with
    <gpx/>                                                                        no.fix
    <gpx><trkpt/></gpx>                                                           no.fix
    <!DOCTYPE_gpx_[<!ENTITY_a_"b">]><gpx/>                                        entities
    <gpx><trkpt_lon="1"_lat="95"><time>2026-03-01T00:00:00Z</time></trkpt></gpx>  trkpt.1
    <gpx><trkpt_lon="1"><time>2026-03-01T00:00:00Z</time></trkpt></gpx>           trkpt.1
    <gpx><trkpt_lon="1"_lat="2"><time>soon</time></trkpt></gpx>                   trkpt.1
""")
def test_gpx_that_is_no_track(text: str, said: str) -> None:
    with pytest.raises(BadTrack, match=said):
        gpx.read(text.replace("_", " ").encode())


def test_capture_keeps_what_devices_said_and_leaves_out_what_went_down() -> None:
    captured = capture.read((DATA / "morning.ndjson").read_text("utf-8"))
    assert [one.topic.channel for one in captured] == ["position"] * 10 + ["checkin", "status"]
    assert [one.at_ms for one in captured] == [START_MS + 5000 * n for n in range(11)] + [None]


@cases("""
    text                                                         said
    {"topic":"a/b","payload":{}}                                 no.topic
    {"topic":"waypost/v1/_/officer/x/position","payload":[1]}    no.JSON.object
    {"topic":3,"payload":{}}                                     no.topic
    nonsense                                                     line.1
    []                                                           line.1
    {"topic":"waypost/v1/_/officer/x/receipt","payload":{}}      no.message
""")
def test_capture_that_is_none(text: str, said: str) -> None:
    with pytest.raises(BadTrack, match=said):
        capture.read(text)


def test_shifting_moves_every_time_of_a_message() -> None:
    body = {"at": 1, "fix_at": 2, "seq": 3, "items": [{"at": 4, "start": 5, "note": "x"}]}
    assert capture.shift(body, 10) == {
        "at": 11, "fix_at": 12, "seq": 3, "items": [{"at": 14, "start": 15, "note": "x"}],
    }  # fmt: skip
    assert body["at"] == 1, "the given message stays as it was"


@given(st.integers(10**11, 4_000_000_000_000))
def test_the_same_moment_in_every_notation(ms: int) -> None:
    at = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
    assert when_ms(at.isoformat()) == when_ms(at.isoformat().replace("+00:00", "Z")) == ms
    assert when_ms(str(ms)) == when_ms(f"{ms // 1000}.{ms % 1000:03d}") == ms


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (table.read, capture.read, lambda text: gpx.read(text.encode())):
        try:
            read(text)  # type: ignore[operator]
        except BadTrack:
            continue
