"""Alive, ready, measured; and what happens while the database is away."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from tests.servers import Server, with_database
from tests.website import Site


def reasons(site: Site) -> tuple[int, set[str]]:
    with site.stranger() as client:
        answer = client.get("/readyz")
    body = answer.json()
    assert body["ready"] == (not body["reasons"])
    return answer.status_code, {reason["code"] for reason in body["reasons"]}


def heartbeat(site: Site, ago_s: int) -> None:
    with site.connect() as conn:
        conn.execute("DELETE FROM alive_span")
        conn.execute(
            "INSERT INTO alive_span VALUES (0, now() - make_interval(secs => 999), "
            "now() - make_interval(secs => %s))",
            (ago_s,),
        )


def test_ready_when_everything_is(site: Site) -> None:
    heartbeat(site, 1)
    assert reasons(site) == (200, set())


def test_silent_ingest(site: Site) -> None:
    heartbeat(site, 60)
    assert reasons(site) == (503, {"ingest_silent"})


def test_schema_behind(site: Site) -> None:
    heartbeat(site, 1)
    with site.connect() as conn:
        conn.execute("UPDATE schema_script SET name = '0008x' WHERE name = '0008_audit.sql'")
        assert reasons(site) == (503, {"schema"})
        conn.execute("UPDATE schema_script SET name = '0008_audit.sql' WHERE name = '0008x'")


def test_no_writes_possible(site: Site) -> None:
    heartbeat(site, 1)
    with site.connect() as conn:
        conn.execute(
            """CREATE TRIGGER shut BEFORE INSERT OR UPDATE ON installation
               FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite()"""
        )
        try:
            assert "database_read_only" in reasons(site)[1]
        finally:
            conn.execute("DROP TRIGGER shut ON installation")


@pytest.mark.parametrize(
    ("late", "code"),
    [
        (
            """INSERT INTO follower_cursor VALUES (0, 0);
               INSERT INTO batch VALUES (0, 1, now() - interval '2 minutes', 1, 0, 0)""",
            "evaluation_late",
        ),
        (
            """INSERT INTO device_message (device_no, org_id, channel, body, queued_at)
               SELECT no, org_id, 'task', '{}', now() - interval '5 minutes' FROM device LIMIT 1""",
            "publishing_late",
        ),
    ],
    ids=["evaluation_late", "publishing_late"],
)
def test_lag(site: Site, late: str, code: str) -> None:
    heartbeat(site, 1)
    with site.connect() as conn:
        conn.execute(late)
        try:
            assert reasons(site) == (503, {code})
        finally:
            conn.execute("DELETE FROM batch")
            conn.execute("DELETE FROM device_message")


def test_metrics(site: Site) -> None:
    with site.stranger() as client:
        lines = client.get("/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values['waypost_units{link="online"}']) == 4
    assert float(values["waypost_database_up"]) == 1
    for name in ("quarantined", "unpublished", "unjudged_age_s", "sockets", "live_frames_sent"):
        assert f"waypost_{name}" in values


@contextmanager
def database_away(server: Server, site: Site) -> Iterator[None]:
    """Nobody may connect, and who is connected is thrown out."""
    name = psycopg.conninfo.conninfo_to_dict(site.database_url)["dbname"]
    assert isinstance(name, str)
    with psycopg.connect(with_database(server.start(), "postgres"), autocommit=True) as admin:

        def allow(yes: bool) -> None:
            admin.execute(
                sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                    sql.Identifier(name), sql.Literal(yes)
                )
            )

        allow(False)
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        try:
            yield
        finally:
            allow(True)


def test_the_database_goes_away_and_comes_back(server: Server, site: Site) -> None:
    heartbeat(site, 1)
    with site.client("viewer") as client:
        with database_away(server, site):
            began = time.monotonic()
            answer = client.get("/api/v1/units")
            assert (answer.status_code, answer.json()["code"]) == (503, "database_away")
            assert answer.headers["retry-after"]
            assert client.get("/healthz").status_code == 200
            assert reasons(site) == (503, {"database_away"})
            assert client.get("/metrics").status_code == 200
            assert time.monotonic() - began < 30
        deadline = time.monotonic() + 15
        while client.get("/api/v1/units").status_code != 200:
            assert time.monotonic() < deadline, "it did not come back by itself"
            time.sleep(0.2)
        heartbeat(site, 1)
        while reasons(site)[0] != 200:
            assert time.monotonic() < deadline, "the feeds did not come back by themselves"
            time.sleep(0.2)
