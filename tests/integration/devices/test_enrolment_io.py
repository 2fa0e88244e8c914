from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from core.errors import Forbidden, Invalid, NotFound
from core.values import OrgId, Role, Viewer
from devices.enrolment import AlreadyEnrolled, Revoked, credential
from devices.enrolment_io import enrol, find_org, list_devices, revoke, rotate

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
Conn = psycopg.Connection[Any]


@pytest.fixture
def org(conn: Conn) -> int:
    row = conn.execute(
        "INSERT INTO org (kind, name) VALUES ('bureau', '测试局') RETURNING id"
    ).fetchone()
    assert row is not None
    return int(row[0])


def viewer(org: int, role: Role = Role.ADMIN) -> Viewer:
    return Viewer("li", role, OrgId(org), frozenset({OrgId(org)}))


def kept(conn: Conn, device_id: str) -> tuple[bytes, bytes]:
    row = conn.execute(
        "SELECT password_salt, password_hash FROM device WHERE id = %s", (device_id,)
    ).fetchone()
    assert row is not None
    return bytes(row[0]), bytes(row[1])


def test_a_device_is_enrolled_with_a_password_that_fits(conn: Conn, org: int) -> None:
    device, events = enrol(
        conn, viewer(org), kind="officer", device_id="e-1", org_id=org, name="张三", now=NOW
    )
    salt, hash_ = kept(conn, "e-1")
    assert credential(device.password, salt).hash == hash_
    assert device.topic == f"waypost/v1/{device.part}/officer/e-1"
    assert [(one.kind, one.org_id, one.actor) for one in events] == [("unit.enrolled", org, "li")]
    assert events[0].body["unit"]["id"] == "e-1"


def test_an_id_is_given_once(conn: Conn, org: int) -> None:
    enrol(conn, None, kind="officer", device_id="e-2", org_id=org, now=NOW)
    with pytest.raises(AlreadyEnrolled, match="e-2"):
        enrol(conn, None, kind="vehicle", device_id="e-2", org_id=org, now=NOW)


def test_rotating_ends_the_old_password(conn: Conn, org: int) -> None:
    before, _ = enrol(conn, None, kind="officer", device_id="e-3", org_id=org, now=NOW)
    after, events = rotate(conn, None, "e-3", NOW)
    salt, hash_ = kept(conn, "e-3")
    assert credential(after.password, salt).hash == hash_
    assert credential(before.password, salt).hash != hash_
    assert [one.kind for one in events] == ["unit.changed"]


def test_revoking_is_for_good_and_said_once(conn: Conn, org: int) -> None:
    enrol(conn, None, kind="officer", device_id="e-4", org_id=org, now=NOW)
    assert [one.kind for one in revoke(conn, None, "e-4", NOW)] == ["unit.revoked"]
    assert revoke(conn, None, "e-4", NOW) == []
    with pytest.raises(Revoked):
        rotate(conn, None, "e-4", NOW)


def test_who_may(conn: Conn, org: int) -> None:
    enrol(conn, None, kind="officer", device_id="e-5", org_id=org, now=NOW)
    stranger = viewer(org + 1_000_000)
    for refused, who in ((NotFound, stranger), (Forbidden, viewer(org, Role.DISPATCHER))):
        with pytest.raises(refused):
            enrol(conn, who, kind="officer", device_id="e-6", org_id=org, now=NOW)
        with pytest.raises(refused):
            rotate(conn, who, "e-5", NOW)
        with pytest.raises(refused):
            revoke(conn, who, "e-5", NOW)
    assert [row["id"] for row in list_devices(conn, viewer(org), limit=10)] == ["e-5"]
    assert list_devices(conn, stranger, limit=10) == []


def test_an_organisation_is_found_by_name_or_number(conn: Conn, org: int) -> None:
    assert find_org(conn, "测试局") == find_org(conn, str(org)) == org
    with pytest.raises(Invalid, match="no organisation"):
        find_org(conn, "无此局")
    conn.execute("INSERT INTO org (kind, name, parent_id) VALUES ('brigade', '测试局', %s)", (org,))
    with pytest.raises(Invalid, match="Give a number"):
        find_org(conn, "测试局")
