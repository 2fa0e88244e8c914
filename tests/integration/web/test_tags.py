"""Tags at points, proposals, keys, proofs and the citizens' page, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.values import from_ms
from devices.tag_keys_io import KeyLoader, load_ring
from geo.patrol.proofs_io import ProofEvaluator
from tests.integration.evaluators.road import START_MS, Road, tap
from tests.website import Site, serving
from web.edge import Hooks

UID, OTHER = "04782E21801D80", "04AABBCCDDEE80"
AT = from_ms(START_MS)
API = "/api/v1/patrol"


@pytest.fixture(scope="module")
def point(site: Site) -> dict[str, Any]:
    body = {"name": "南门", "lon": 121.4998, "lat": 31.2397, "org_id": site.orgs["squad_a"]}
    with site.client("dispatch") as client:
        made: dict[str, Any] = client.post(f"{API}/points", json=body).json()
    with site.connect() as conn:
        row = conn.execute("SELECT code FROM patrol_point WHERE id = %s", (made["id"],)).fetchone()
    assert row is not None
    return made | {"code": row[0]}


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with site.client("dispatch") as one:
        yield one


def judge(site: Site, *taps: Any) -> None:
    with site.connect() as conn, conn.transaction():
        Road(conn, [ProofEvaluator(KeyLoader(lambda: []))]).send(taps=taps)


def a_tap(site: Site, tag: str, seq: int, **more: Any) -> Any:
    no = next(iter(site.units.values()))
    with site.connect() as conn:
        row = conn.execute("SELECT org_id FROM device WHERE no = %s", (no,)).fetchone()
    assert row is not None
    one = tap(no, row[0], 60.0 * seq, tag, seq)
    one.detail.update(more)
    return one


def test_a_tag_is_hung_and_taken_down_with_its_history(
    client: httpx.Client, point: dict[str, Any]
) -> None:
    body = {"uid": "04:78:2e:21:80:1d:80", "point_id": point["id"], "chip": "sun"}
    made = client.post(f"{API}/tags", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["uid"] == UID and made.json()["chip"] == "sun"
    assert made.json()["point"] == "南门" and made.json()["ended_at"] is None
    ended = client.post(f"{API}/tags/{UID}/end", json={}).json()
    assert ended["ended_at"] is not None
    assert client.post(f"{API}/tags/{UID}/end", json={}).json()["code"] == "no_such_tag"
    client.post(f"{API}/tags", json=body)
    chips = [row["chip"] for row in client.get(f"{API}/tags").json()["items"] if row["uid"] == UID]
    assert chips == ["sun", "sun"]
    taken = {"name": "北门", "lon": 121.5, "lat": 31.24, "tag": UID}
    assert client.post(f"{API}/points", json=taken).json()["code"] == "tag_taken"


def test_what_is_not_ours_is_not_there(site: Site, point: dict[str, Any]) -> None:
    with site.client("admin_b") as stranger:
        assert stranger.get(f"{API}/tags").json()["items"] == []
        refused = stranger.post(f"{API}/tags", json={"uid": OTHER, "point_id": point["id"]})
        assert refused.status_code == 404 and refused.json()["code"] == "no_such_point"
        assert stranger.get(f"{API}/tag-keys").status_code == 403, "keys are the whole house's"
    with site.client("viewer") as viewer:
        refused = viewer.post(f"{API}/tags", json={"uid": OTHER, "point_id": point["id"]})
        assert refused.status_code == 403


def test_a_proposal_waits_for_a_person(
    site: Site, client: httpx.Client, point: dict[str, Any]
) -> None:
    judge(site, a_tap(site, OTHER, 1, note=f"enrol {point['code']}"))
    (proposal,) = client.get(f"{API}/tags/proposals").json()["items"]
    assert proposal["uid"] == OTHER and proposal["point_id"] == point["id"]
    with site.client("admin_b") as stranger:
        assert stranger.get(f"{API}/tags/proposals").json()["items"] == []
        path = f"{API}/tags/proposals/{proposal['id']}/confirm"
        assert stranger.post(path, json={}).json()["code"] == "not_found"
    done = client.post(path, json={}).json()
    assert done["decision"] == "confirmed"
    assert client.post(path, json={}).json()["code"] == "already_decided"
    shown = client.get(f"{API}/points").json()["items"]
    assert [one["tag"] for one in shown if one["id"] == point["id"]] == [OTHER]
    judge(site, a_tap(site, UID, 2, note=f"enrol {point['code']}"))
    (proposal,) = client.get(f"{API}/tags/proposals").json()["items"]
    client.post(f"{API}/tags/proposals/{proposal['id']}/refuse", json={})
    shown = client.get(f"{API}/points").json()["items"]
    assert [one["tag"] for one in shown if one["id"] == point["id"]] == [OTHER]


def test_proofs_are_listed_by_page_and_filter(site: Site, client: httpx.Client) -> None:
    judge(site, *(a_tap(site, UID, seq) for seq in range(10, 15)))
    span = {"since": AT.isoformat(), "until": from_ms(START_MS + 86_400_000).isoformat()}
    whole = client.get(f"{API}/proofs", params=span).json()["items"]
    assert len(whole) >= 5 and "detail" not in whole[0]
    paged, after = [], ""
    while True:
        page = client.get(f"{API}/proofs", params=span | {"limit": 2, "after": after}).json()
        paged += page["items"]
        after = page["next"]
        if after is None:
            break
    assert paged == whole
    strange = client.get(f"{API}/proofs", params=span | {"flag": "unknown_tag"}).json()["items"]
    assert strange and all("unknown_tag" in one["flags"] for one in strange)
    assert client.get(f"{API}/proofs", params={"after": "x"}).status_code == 422
    with site.client("admin_b") as stranger:
        assert stranger.get(f"{API}/proofs", params=span).json()["items"] == []


def test_keys_go_in_and_never_come_out(site: Site) -> None:
    key = "5ACE7E50AB65D5D51FD5BF5A16B8205B"
    with site.client("admin") as admin:
        without = admin.post(f"{API}/tag-keys", json={"purpose": "meta", "key": key})
        assert without.status_code == 409 and without.json()["code"] == "no_kek"
        wrong = admin.post(f"{API}/tag-keys", json={"purpose": "meta", "key": key[:-2]})
        assert wrong.status_code == 422 and key[:-2] not in wrong.text
        assert admin.get(f"{API}/tag-keys").json() == {"items": [], "next": None}


def test_a_rotated_key_verifies_beside_the_old_one_until_it_is_retired(site: Site) -> None:
    keks = [bytes(32)]
    with (
        serving(site.database_url, hooks=Hooks(tag_keks=lambda: keks)) as port,
        Site(site.database_url, port, site.orgs).client("admin") as admin,
    ):
        for version, key in ((1, "00" * 16), (2, "11" * 16)):
            answer = admin.post(f"{API}/tag-keys", json={"purpose": "meta", "key": key})
            assert answer.status_code == 201 and answer.json()["version"] == version
            assert key not in answer.text
        first, _ = admin.get(f"{API}/tag-keys").json()["items"]
        admin.post(f"{API}/tag-keys/{first['id']}/retire", json={})
        assert admin.get(f"{API}/tag-keys").json()["items"][0]["retired_at"] is not None
        said = admin.get("/api/v1/audit").text
    assert "tag_key.added" in said and "tag_key.retired" in said and "11" * 16 not in said
    with site.connect() as conn:
        assert [key.hex() for key in load_ring(conn, keks).meta] == ["11" * 16]


def test_the_page_of_a_point_is_for_everybody_and_records_nothing(
    site: Site, client: httpx.Client, point: dict[str, Any]
) -> None:
    with site.connect() as conn:
        before = conn.execute("SELECT count(*) FROM checkin_proof").fetchone()
        events = conn.execute("SELECT count(*) FROM event").fetchone()
    with site.stranger() as stranger:
        usual = stranger.get(f"/p/{point['code']}")
        assert usual.status_code == 200 and "巡查点" in usual.text and "patrol point" in usual.text
        assert "<script" not in usual.text and "set-cookie" not in usual.headers
        assert "style-src 'self'" in usual.headers["content-security-policy"]
        assert stranger.get("/p.css").headers["content-type"].startswith("text/css")
        scanned = stranger.get(
            f"/p/{point['code']}?picc_data=EF963FF7828658A599F3041510671E88&cmac=94EED9EE65337086"
        )
        assert scanned.text == usual.text
        for code in ("P-0000000000", "P-'", "%00", "x" * 3000):
            assert stranger.get(f"/p/{code}").status_code == 404
    with site.connect() as conn:
        assert conn.execute("SELECT count(*) FROM checkin_proof").fetchone() == before
        assert conn.execute("SELECT count(*) FROM event").fetchone() == events
    texts = {"zh": "<b>请勿</b>占道", "en": "Keep clear & tidy"}
    assert client.put(f"{API}/points/{point['id']}/page", json=texts).status_code == 200
    with site.stranger() as stranger:
        shown = stranger.get(f"/p/{point['code'].lower()}").text
    assert "&lt;b&gt;请勿" in shown and "Keep clear &amp; tidy" in shown
    with site.client("admin_b") as other:
        assert other.put(f"{API}/points/{point['id']}/page", json=texts).status_code == 404
