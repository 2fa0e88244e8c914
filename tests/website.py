"""A web server for tests: a bureau with two squads, an account of each role, and real HTTP."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg

from core.migrate import migrate
from core.values import Role
from tests.servers import Server
from web.accounts_io import create_account
from web.application import create_app
from web.edge import Hooks
from web.server import make_server
from web.settings import WebSettings

PASSWORD = "correct horse battery"  # of every account here
ACCOUNTS = {
    # login      role             org
    "admin": (Role.ADMIN, "bureau"),
    "dispatch": (Role.DISPATCHER, "bureau"),
    "viewer": (Role.VIEWER, "bureau"),
    "admin_a": (Role.ADMIN, "squad_a"),
    "dispatch_a": (Role.DISPATCHER, "squad_a"),
    "squad_a": (Role.SQUAD, "squad_a"),
    "viewer_a": (Role.VIEWER, "squad_a"),
    "admin_b": (Role.ADMIN, "squad_b"),
}


@dataclass
class Site:
    """A running server and what was put into its database."""

    database_url: str
    port: int
    orgs: dict[str, int]
    units: dict[str, int] = field(default_factory=dict)  # device no by device id

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stranger(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=20)

    def client(self, login: str) -> httpx.Client:
        """Someone logged in."""
        body = {"user": login, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/api/v1/session", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return httpx.Client(base_url=self.url, timeout=20, cookies=answer.cookies)

    def headers(self, login: str) -> dict[str, str]:
        """The cookie of a new session, for a websocket."""
        with self.client(login) as client:
            return {"Cookie": f"waypost_session={client.cookies['waypost_session']}"}

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database_url, autocommit=True, options="-c timezone=UTC")


def make_database(server: Server, name: str) -> str:
    url = server.create_database(name)
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    return url


def seed(url: str, units: int = 4) -> tuple[dict[str, int], dict[str, int]]:
    """Organisations and accounts; units by turns in squad a and squad b, all with a position."""
    orgs: dict[str, int] = {}
    with psycopg.connect(url, autocommit=True) as conn:
        for name, parent, kind in [
            ("bureau", None, "bureau"),
            ("brigade", "bureau", "brigade"),
            ("squad_a", "brigade", "squad"),
            ("squad_b", "brigade", "squad"),
        ]:
            row = conn.execute(
                "INSERT INTO org (parent_id, kind, name) VALUES (%s, %s, %s) RETURNING id",
                (parent and orgs[parent], kind, name),
            ).fetchone()
            assert row is not None
            orgs[name] = row[0]
        for login, (role, org) in ACCOUNTS.items():
            create_account(conn, login, PASSWORD, role, orgs[org])
        rows = conn.execute(
            """INSERT INTO device (id, kind, part, org_id, name)
               SELECT 'officer-' || n, 'officer', 0,
                      CASE n %% 2 WHEN 0 THEN %s ELSE %s END, 'officer ' || n
                 FROM generate_series(0, %s) n RETURNING id, no""",
            (orgs["squad_a"], orgs["squad_b"], units - 1),
        ).fetchall()
        conn.execute(
            """INSERT INTO unit_state (device_no, org_id, position_at, position_seq, lat_e7, lon_e7,
                                       heard_at, link, link_since)
               SELECT no, org_id, now(), 1, 312300000 + no, 1214700000 + no, now(), 'online', now()
                 FROM device"""
        )
    return orgs, dict(rows)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(url: str, *, hooks: Hooks | None = None, live_period_s: float = 0.2) -> Iterator[int]:
    """The server in a thread of its own; gives its port."""
    port = free_port()
    settings = WebSettings(url, demo=True, live_period_s=live_period_s)
    server = make_server(create_app(settings, hooks), "127.0.0.1", port)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _await_ready(client)
        yield port
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive(), "the server did not stop"


def _await_ready(client: httpx.Client) -> None:
    deadline = datetime.now(UTC).timestamp() + 15
    while True:
        try:
            client.get("/healthz").raise_for_status()
            return
        except httpx.TransportError:
            if datetime.now(UTC).timestamp() > deadline:
                raise
            threading.Event().wait(0.05)
