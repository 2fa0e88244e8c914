"""Marks over REST: within one's scope, filtered, reviewed by a second person, audited."""

from typing import Any

from core import clock
from tests.website import Site


def add_mark(site: Site, unit: str, key: str) -> int:
    with site.connect() as conn:
        row = conn.execute(
            """INSERT INTO patrol_mark (detector, rule, org_id, device_no, at, key, evidence)
               SELECT 'tag_away', 'v2', org_id, no, %s, %s, '{"zh": "远", "en": "far"}'
                 FROM device WHERE id = %s RETURNING id""",
            (clock.now(), key, unit),
        ).fetchone()
        conn.commit()
    assert row is not None
    return int(row[0])


def items(client: Any, **filters: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/patrol/marks", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_list_and_review(site: Site) -> None:
    id_ = add_mark(site, "officer-0", "a")
    with site.client("admin_b") as other, site.client("viewer") as viewer:
        assert items(other) == [], "officer-0 is of squad a"
        path = f"/api/v1/patrol/marks/{id_}/review"
        assert other.post(path, json={"review": "harmless"}).status_code == 404
        assert viewer.get("/api/v1/patrol/marks").status_code == 403
    with site.client("dispatch") as client:
        (mark,) = items(client, detector="tag_away", state="open")
        assert mark["id"] == id_ and mark["device_id"] == "officer-0" and mark["evidence"]["zh"]
        assert items(client, detector="mock_fix") == [] and items(client, state="withdrawn") == []
        assert client.get("/api/v1/patrol/marks", params={"detector": "no"}).status_code == 422
        answer = client.post(path, json={"review": "harmless", "note": "试点"})
        assert answer.status_code == 200 and answer.json()["state"] == "reviewed"
        assert answer.json()["reviewed_by"] and items(client, state="open") == []
        with site.connect() as conn:
            row = conn.execute("SELECT count(*) FROM audit WHERE action = 'mark.review'").fetchone()
        assert row == (1,)
        assert client.post(path, json={"review": "guilty"}).status_code == 422
