"""Both sockets over real websockets: what arrives, in which order, and what never does."""

import json
import struct
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core import clock, limits
from core.events import Event
from core.events_io import append_events
from tests.website import Site
from web import accounts_io

HEADER = struct.Struct("<4IdII")


def socket(site: Site, path: str, login: str | None = None, **more: Any) -> ClientConnection:
    headers = site.headers(login) if login else {}
    url = f"ws://127.0.0.1:{site.port}{path}"
    return connect(url, additional_headers=headers | more.pop("headers", {}), **more)


def units_in(frame: bytes | str) -> tuple[int, int, list[int], int]:
    """epoch, seq, numbers of the units, flags"""
    assert isinstance(frame, bytes)
    _, epoch, seq, count, _, flags, _ = HEADER.unpack_from(frame)
    return epoch, seq, list(struct.unpack_from(f"<{count}I", frame, 32)), flags


def follow(ws: ClientConnection, at: str = "- 0") -> tuple[int, int, list[int], int]:
    ws.send(at)
    return units_in(ws.recv(timeout=5))


def move(site: Site, *device_nos: int) -> None:
    with site.connect() as conn:
        conn.execute(
            """UPDATE unit_state SET lon_e7 = lon_e7 + 1, change = pg_current_xact_id()
                WHERE device_no = ANY(%s)""",
            (list(device_nos),),
        )


def say(site: Site, org: str, *names: str) -> list[int]:
    with site.connect() as conn, conn.transaction():
        now = datetime.now(UTC)
        return append_events(
            conn, [Event("test.said", now, site.orgs[org], {"name": name}) for name in names]
        )


def names(messages: Iterator[Any], count: int) -> list[str]:
    """The next `count` events; pings do not count."""
    found = []
    while len(found) < count:
        one = json.loads(next(messages))
        if "ping" not in one:
            found.append(one["body"]["name"])
    return found


def following(ws: ClientConnection) -> Iterator[Any]:
    while True:
        yield ws.recv(timeout=5)


# ── /ws/live ──────────────────────────────────────────────────────────────


def test_first_everything_then_what_changed(site: Site) -> None:
    mine = [no for name, no in site.units.items() if int(name[-1]) % 2 == 0]
    with socket(site, "/ws/live", "squad_a") as ws:
        epoch, seq, nos, flags = follow(ws)
        assert (sorted(nos), flags) == (sorted(mine), 1), "squad a's units and no others"
        move(site, mine[0])
        seen: list[int] = []
        while not seen:
            epoch, seq, seen, flags = follow(ws, f"{epoch} {seq}")
        assert (seen, flags) == ([mine[0]], 0)
        move(site, *(no for no in site.units.values() if no not in mine))
        for _ in range(4):
            epoch, seq, seen, _ = follow(ws, f"{epoch} {seq}")
            assert seen == [], "another squad's movement is not ours to see"


def test_a_silent_period_is_answered_too(site: Site) -> None:
    with socket(site, "/ws/live", "viewer") as ws:
        epoch, seq, _, _ = follow(ws)
        began = time.monotonic()
        assert follow(ws, f"{epoch} {seq}")[2] == []
        assert time.monotonic() - began < 2


def test_resume_with_what_one_holds(site: Site) -> None:
    with socket(site, "/ws/live", "viewer") as ws:
        epoch, seq, _, _ = follow(ws)
    move(site, 1)
    time.sleep(0.5)
    with socket(site, "/ws/live", "viewer") as ws:
        _, _, nos, flags = follow(ws, f"{epoch} {seq}")
        assert (nos, flags) == ([1], 0)
    with socket(site, "/ws/live", "viewer") as ws:
        _, _, nos, flags = follow(ws, f"{epoch + 1} {seq}")
        assert (len(nos), flags) == (4, 1), "another epoch: everything anew"


@pytest.mark.parametrize("words", ["", "hello", "1", "- -1", "- 0 " + "x" * 40, b"- 0"])
def test_nonsense_ends_the_conversation(site: Site, words: str | bytes) -> None:
    with socket(site, "/ws/live", "viewer") as ws:
        ws.send(words)
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


def test_no_change_of_overlapping_writers_is_missed(site: Site) -> None:
    """A transaction that began first and commits last: its number is below what was read."""
    with site.connect() as slow, socket(site, "/ws/live", "viewer") as ws:
        epoch, seq, _, _ = follow(ws)
        slow.execute("BEGIN")
        slow.execute(
            "UPDATE unit_state SET lon_e7 = 7, change = pg_current_xact_id() WHERE device_no = 1"
        )
        for _ in range(3):
            move(site, 2)
            time.sleep(0.3)
        epoch, seq, nos, _ = follow(ws, f"{epoch} {seq}")
        assert 1 not in nos
        slow.execute("COMMIT")
        found: set[int] = set()
        for _ in range(5):
            epoch, seq, nos, _ = follow(ws, f"{epoch} {seq}")
            found |= set(nos)
        assert 1 in found


# ── the door ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/ws/live", "/ws/events"])
def test_strangers_and_other_sites_stay_out(site: Site, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, socket(site, path):
        pass
    assert refused.value.response.status_code == 401
    with (
        pytest.raises(InvalidStatus) as refused,
        socket(site, path, "viewer", origin="http://evil"),
    ):
        pass
    assert refused.value.response.status_code == 403
    own = f"http://127.0.0.1:{site.port}"
    with socket(site, path, "viewer", origin=own) as ws:
        assert ws.response is not None
        assert "sec-websocket-extensions" not in ws.response.headers, "compression is off"


@pytest.mark.parametrize("path", ["/ws/live", "/ws/events"])
def test_whoever_is_shut_out_is_off_within_five_seconds(site: Site, path: str) -> None:
    """Fault row 17, and by a token as well as by a cookie."""
    login = f"revoked{path.replace('/', '_')}"
    with site.connect() as conn:
        accounts_io.create_account(
            conn, login, "x" * 12, accounts_io.Role.VIEWER, site.orgs["bureau"]
        )
        token = accounts_io.create_token(conn, login, "t", clock.now())
        with socket(site, path, headers={"Authorization": f"Bearer {token}"}) as ws:
            if path == "/ws/live":
                follow(ws)
            accounts_io.disable_account(conn, login, clock.now())
            began = time.monotonic()
            with pytest.raises(ConnectionClosed) as closed:
                for _ in following(ws):
                    pass
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
            assert time.monotonic() - began < 5


def test_logging_out_closes_the_sockets(site: Site) -> None:
    with site.client("viewer") as client:
        headers = {"Cookie": f"waypost_session={client.cookies['waypost_session']}"}
        with socket(site, "/ws/events", headers=headers) as ws:
            client.delete("/api/v1/session")
            with pytest.raises(ConnectionClosed):
                for _ in following(ws):
                    pass


CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'waypost events'"""


# ── /ws/events ────────────────────────────────────────────────────────────


def test_events_arrive_in_order_within_scope_and_soon(site: Site) -> None:
    with socket(site, "/ws/events", "squad_a") as ws:
        assert "ping" in json.loads(ws.recv(timeout=5))
        began = time.monotonic()
        say(site, "squad_a", "one")
        say(site, "squad_b", "not yours")
        say(site, "squad_a", "two", "three")
        say(site, "bureau", "nor this")
        say(site, "squad_a", "four")
        assert names(following(ws), 4) == ["one", "two", "three", "four"]
        assert time.monotonic() - began < 1


def test_resume_reads_what_happened_meanwhile(site: Site) -> None:
    first = say(site, "squad_a", "a", "b", "c")
    with socket(site, "/ws/events", "viewer"):
        time.sleep(0.3)  # so that the ring begins after these
        with socket(site, f"/ws/events?after={first[0]}", "squad_a") as ws:
            messages = following(ws)
            assert names(messages, 2) == ["b", "c"]
            say(site, "squad_a", "d")
            assert names(messages, 1) == ["d"]


def test_events_of_concurrent_writers_leave_no_hole(site: Site) -> None:
    """Both take ids before either commits; the reader must not pass the slower one by."""
    with socket(site, "/ws/events", "squad_a") as ws, site.connect() as slow:
        ws.recv(timeout=5)
        now = datetime.now(UTC)
        slow.execute("BEGIN")
        append_events(slow, [Event("test.said", now, site.orgs["squad_a"], {"name": "slow"})])
        other = threading.Thread(target=say, args=(site, "squad_a", "fast"))
        other.start()
        time.sleep(0.4)
        slow.execute("COMMIT")
        other.join()
        assert names(following(ws), 2) == ["slow", "fast"]


@pytest.mark.parametrize("after", [10**12, "ahead"])
def test_who_is_ahead_of_us_starts_anew(site: Site, after: object) -> None:
    """After a restore the record may be shorter than what a client has seen."""
    if after == "ahead":
        after = say(site, "bureau", "x")[0] + 1
    with socket(site, f"/ws/events?after={after}", "viewer") as ws:
        assert json.loads(ws.recv(timeout=5)) == {"resync": True}
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4009


def test_who_is_too_far_behind_starts_anew(site: Site) -> None:
    first = say(site, "bureau", "old")[0]
    with site.connect() as conn:
        conn.execute(
            """INSERT INTO event (kind, at, org_id, body)
               SELECT 'test.said', now(), %s, '{}' FROM generate_series(1, %s)""",
            (site.orgs["bureau"], limits.SOCKET_EVENTS_BACKLOG_MAX + 1),
        )
    with socket(site, f"/ws/events?after={first}", "viewer") as ws:
        last: Any = {}
        with pytest.raises(ConnectionClosed):
            for message in following(ws):
                last = json.loads(message)
        assert last == {"resync": True}


def test_a_database_put_back_to_earlier_starts_everybody_anew(site: Site) -> None:
    with socket(site, "/ws/events", "viewer") as ws, site.connect() as conn:
        messages = following(ws)
        say(site, "bureau", "before")
        assert names(messages, 1) == ["before"]
        conn.execute(CUT)
        say(site, "bureau", "after")
        assert names(messages, 1) == ["after"], "a broken connection alone loses nothing"
        conn.execute("TRUNCATE event RESTART IDENTITY")
        conn.execute(CUT)
        with pytest.raises(ConnectionClosed) as closed:
            for _ in messages:
                pass
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4009
