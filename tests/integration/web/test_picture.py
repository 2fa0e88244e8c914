"""The picture as of a moment: against brute force, in scope, and with what was known then."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx

from geo.patrol import verdicts_io
from tests.website import Site

API = "/api/v1"
NOW = datetime.now(UTC).replace(microsecond=0)


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def picture(client: httpx.Client, at: datetime, as_of: datetime | None = None) -> Any:
    params = {"at": at.isoformat()} | ({"as_of": as_of.isoformat()} if as_of else {})
    return ok(client.get(f"{API}/picture", params=params))


def test_positions_and_states_agree_with_brute_force(site: Site) -> None:
    chance = Random(4)
    seen: dict[str, list[tuple[datetime, int, float]]] = {name: [] for name in site.units}
    said: dict[str, list[tuple[datetime, int, str]]] = {name: [] for name in site.units}
    with site.connect() as conn:
        for day in {(NOW - timedelta(hours=h)).date() for h in range(9)}:
            conn.execute("SELECT make_partition(%s)", (day,))
        for seq in range(300):
            name = chance.choice(list(site.units))
            at = NOW - timedelta(seconds=chance.randrange(1, 8 * 3600))
            late = NOW - timedelta(seconds=chance.randrange(0, 60))  # received in any order
            if chance.random() < 0.2:
                state = chance.choice(["on_duty", "break", "off_duty"])
                said[name].append((at, seq, state))
                conn.execute(
                    "INSERT INTO status (at, received_at, seq, batch_id, device_no, state, detail)"
                    " VALUES (%s, %s, %s, 0, %s, %s, '{}')",
                    (at, late, seq, site.units[name], state),
                )
                continue
            fix = chance.random() < 0.9
            lon_e7 = 1_214_000_000 + seq
            if fix:
                seen[name].append((at, seq, lon_e7 / 1e7))
            conn.execute(
                "INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,"
                " flags, datum, src) VALUES (%s, %s, %s, 0, %s, 312000000, %s, %s, 0, 0)",
                (at, late, seq, site.units[name], lon_e7, int(fix)),
            )
    with site.client("viewer") as client:
        for _ in range(25):
            at = NOW - timedelta(seconds=chance.randrange(0, 8 * 3600))
            for unit in picture(client, at)["units"]:
                fixes = [one for one in seen[unit["id"]] if one[0] <= at]
                states = [one for one in said[unit["id"]] if one[0] <= at]
                wanted = max(fixes)[2] if fixes else None
                assert unit["lon"] == wanted, (unit, at)
                assert unit["state"] == (max(states)[2] if states else None)
                age_s = (at - max(fixes)[0]).total_seconds() if fixes else None
                assert unit["age_s"] == age_s
                assert unit["stale"] == (age_s is None or age_s > 3 * unit["period_s"])


def test_tasks_in_the_state_they_had(site: Site) -> None:
    with site.client("dispatch") as client:
        before = datetime.now(UTC)
        task = ok(client.post(f"{API}/tasks", json={"kind": "street", "title": "占道"}))
        made = datetime.now(UTC)
        task = ok(
            client.post(
                f"{API}/tasks/{task['id']}/moves",
                json={"move": "assign", "version": task["version"], "device_id": "officer-0"},
            )
        )
        sent = datetime.now(UTC)
        ok(
            client.post(
                f"{API}/tasks/{task['id']}/moves",
                json={"move": "cancel", "version": task["version"], "reason": "误报"},
            )
        )
        over = datetime.now(UTC)

        def then(at: datetime) -> list[tuple[str, int | None]]:
            return [(one["state"], one["device_no"])
                    for one in picture(client, at)["tasks"] if one["id"] == task["id"]]  # fmt: skip

        no = site.units["officer-0"]
        assert [then(at) for at in (before, made, sent, over)] == [
            [], [("accepted", None)], [("dispatched", no)], []]  # fmt: skip


def test_verdicts_are_those_known_then(site: Site) -> None:
    opens = NOW - timedelta(hours=3)
    with site.client("dispatch_a") as client:
        point = ok(
            client.post(
                f"{API}/patrol/points",
                json={"name": f"门 {datetime.now(UTC).isoformat()}", "lon": 121.47, "lat": 31.23},
            )
        )
        window = ok(
            client.post(
                f"{API}/patrol/windows",
                json={
                    "point_id": point["id"],
                    "opens_at": opens.isoformat(),
                    "due_at": (opens + timedelta(minutes=30)).isoformat(),
                    "closes_at": (opens + timedelta(hours=1)).isoformat(),
                    "grace_s": 60,
                },
            )
        )["id"]
        with site.connect() as conn:
            conn.execute("UPDATE patrol_window SET created_at = %s WHERE id = %s",
                         (opens - timedelta(hours=1), window))  # fmt: skip
            conn.execute("INSERT INTO alive_span VALUES (0, %s, %s) ON CONFLICT DO NOTHING",
                         (NOW - timedelta(hours=12), NOW + timedelta(hours=12)))  # fmt: skip
        unknown = datetime.now(UTC)
        with site.connect() as conn, conn.transaction():
            verdicts_io.sweep(conn, NOW)
        at = opens + timedelta(minutes=20)

        def result(as_of: datetime | None) -> str | None:
            (one,) = [w for w in picture(client, at, as_of)["windows"] if w["id"] == window]
            found: str | None = one["result"]
            return found

        assert result(None) == "missed"
        assert result(unknown) is None
        later = picture(client, opens + timedelta(hours=4) - timedelta(minutes=61))["windows"]
        assert window not in [one["id"] for one in later]


def test_alarms_standing_or_unseen_then(site: Site) -> None:
    at = [NOW - timedelta(minutes=m) for m in (50, 40, 30, 20, 10)]
    with site.connect() as conn:
        conn.execute(
            "INSERT INTO alarm (org_id, type, source, priority, active, acknowledged, first_at,"
            " last_at, cleared_at, ack_at) VALUES (%s, 'silent', 'device:77', 2, false, true,"
            " %s, %s, %s, %s)",
            (site.orgs["squad_a"], at[1], at[1], at[2], at[3]),
        )
    with site.client("squad_a") as client:
        seen = [
            [(one["active"], one["acknowledged"]) for one in picture(client, moment)["alarms"]
             if one["source"] == "device:77"]
            for moment in (at[0], at[1], at[2] - timedelta(seconds=1), at[2], at[4])
        ]  # fmt: skip
    assert seen == [[], [(True, False)], [(True, False)], [(False, False)], []]


def test_scope_audit_and_times_that_are_not_kept(site: Site) -> None:
    with site.client("squad_a") as client:
        units = picture(client, NOW)["units"]
        assert {one["org_id"] for one in units} == {site.orgs["squad_a"]}
        for at, why in (
            (NOW + timedelta(hours=1), "past"),
            (NOW - timedelta(days=401), "400 days"),
        ):
            refused = client.get(f"{API}/picture", params={"at": at.isoformat()})
            assert refused.status_code == 422 and why in refused.json()["detail"]
    with site.client("admin") as client:
        read = ok(client.get(f"{API}/audit?limit=1000"))["items"]
    assert ("squad_a", "picture.read") in {(one["actor"], one["action"]) for one in read}


def test_ticks_say_what_called_somebody(site: Site) -> None:
    with site.client("dispatch_a") as client:
        ok(client.post(f"{API}/tasks", json={"kind": "inspection", "title": "tick", "priority": 2}))
        now = datetime.now(UTC)
        span = {"from": (now - timedelta(minutes=5)).isoformat(),
                "to": (now + timedelta(minutes=5)).isoformat()}  # fmt: skip
        found = ok(client.get(f"{API}/picture/ticks", params=span))["items"]
        assert [(one["kind"], one["what"], one["priority"]) for one in found] == [
            ("task", "tick", 2)
        ]
        wide = {"from": (now - timedelta(days=2)).isoformat(), "to": now.isoformat()}
        assert client.get(f"{API}/picture/ticks", params=wide).status_code == 422
    with site.client("admin_b") as client:
        assert ok(client.get(f"{API}/picture/ticks", params=span))["items"] == []


def test_heat_is_the_time_spent_in_cells(site: Site) -> None:
    began = NOW - timedelta(minutes=30)
    places = [(0, 1_216_000_000), (20, 1_216_000_010), (40, 1_216_100_000), (400, 1_216_100_000)]
    with site.connect() as conn:
        for seq, (second, lon_e7) in enumerate(places):
            conn.execute(
                "INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,"
                " flags, datum, src) VALUES (%s, now(), %s, 0, %s, 313000000, %s, 1, 0, 0)",
                (began + timedelta(seconds=second), 9_000 + seq, site.units["officer-2"], lon_e7),
            )
    span = {"from": began.isoformat(), "to": (began + timedelta(minutes=20)).isoformat()}
    with site.client("squad_a") as client:
        cells = ok(client.get(f"{API}/units/heat", params=span))["items"]
        mine = {round(lon, 3): s for lon, lat, s in cells if abs(lat - 31.3) < 1e-6}
    # Twice twenty seconds in the first; in the second a minute after each fix, no more.
    assert mine == {121.6: 40, 121.61: 120}
    with site.client("admin_b") as client:
        cells = ok(client.get(f"{API}/units/heat", params=span))["items"]
        assert not [one for one in cells if abs(one[1] - 31.3) < 1e-6]
