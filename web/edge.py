"""The edge of every REST endpoint: who is asking, may they, and one transaction around it all.

    @router.get("/tasks/{id}")
    @edge(Role.VIEWER)
    def get_task(work: Work, id: int) -> Any: ...

An endpoint gets a Work in place of the request, works on `work.conn`, hands its events to
`work.record`, and never commits. Everything happens in one thread, so that a request
never holds a connection while it waits for a thread.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Cookie, Header, Request
from psycopg import Connection
from psycopg_pool import ConnectionPool

from core import clock, limits
from core.db import connect, time_limit
from core.errors import Forbidden
from core.events import Event
from core.events_io import append_events
from core.values import Role, Viewer
from devices.enrolment import Enrolled
from devices.tag_keys_io import Keks, no_keks
from web import auth, auth_io
from web.auth import Account, Credential, Unauthenticated
from web.settings import WebSettings

Endpoint = Callable[..., Any]


def _nothing(_given: Sequence[Enrolled]) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the roof lends the web edge, because its packages may not know each other.

    `devices_changed` is called after a commit that enrolled, rotated or revoked a device, with
    those that were given a password, so that the broker can be told. `redrive`
    reads a quarantined message anew, by its id. `tag_keks` are the keys that wrap tag keys.
    """

    devices_changed: Callable[[Sequence[Enrolled]], None] = _nothing
    redrive: Callable[[Connection[Any], int, datetime], Iterable[Event]] | None = None
    tag_keks: Keks = no_keks


@dataclass
class Work:
    """One request's unit of work: its transaction, who asked, when, and what came of it."""

    conn: Connection[Any]
    account: Account
    viewer: Viewer
    now: datetime
    ip: str | None
    settings: WebSettings
    hooks: "Hooks"
    events: list[Event] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def record(self, events: Iterable[Event]) -> None:
        """Keep events for the end of the transaction."""
        self.events.extend(events)

    def audit(self, action: str, object: str | None = None, **body: Any) -> None:
        """Say in the audit who did this; never pass a secret."""
        auth_io.audit(
            self.conn,
            org_id=self.viewer.org_id,
            actor=self.viewer.login,
            ip=self.ip,
            action=action,
            object=object,
            body=body,
        )


@dataclass(frozen=True)
class Doors:
    """Where transactions come from; one in `app.state.doors`."""

    pool: ConnectionPool[Connection[Any]]
    settings: WebSettings
    hooks: Hooks

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        """A pooled connection in a transaction, with the watchdog set."""
        with (
            self.pool.connection(timeout=limits.DATABASE_CALL_MAX_S) as conn,
            time_limit(conn, limits.DATABASE_CALL_MAX_S * 2),
        ):
            yield conn

    @contextmanager
    def open(self, request: Request, role: Role, *, one_moment: bool = False) -> Iterator[Work]:
        """Authenticate, authorise, work, append the events, commit.

        `one_moment` reads everything as of one instant (repeatable read).
        """
        shown = shown_by(request)
        self.check_forgery(request, shown)
        now = clock.now()
        with self.transaction() as conn:
            if one_moment:
                conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            account = auth_io.identify(conn, shown, now)
            if account is None:
                raise Unauthenticated()
            if not account.viewer.may(role):
                raise Forbidden(f"This needs the role {role}; yours is {account.role}.")
            if not one_moment:
                auth_io.touch(conn, [shown], now)
            ip = request.client.host if request.client else None
            work = Work(conn, account, account.viewer, now, ip, self.settings, self.hooks)
            yield work
            append_events(conn, work.events)
        for call in work.after_commit:
            call()

    def check_forgery(self, request: Request, shown: Credential | None) -> None:
        if shown is not None and not shown.by_cookie:
            return
        auth.check_forgery(
            request.method,
            content_type=request.headers.get("content-type"),
            origin=request.headers.get("origin"),
            fetch_site=request.headers.get("sec-fetch-site"),
            host=request.headers.get("host"),
            allowed=self.settings.allowed_origins,
        )


def shown_by(request: Request) -> Credential:
    """The request's credential. Raises Unauthenticated when it has none."""
    shown = auth.credential(request.headers.get("authorization"), request.cookies.get(auth.COOKIE))
    if shown is None:
        raise Unauthenticated()
    return shown


async def must_show_something(
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    waypost_session: Annotated[str | None, Cookie(include_in_schema=False)] = None,
) -> None:
    """Answers 401 before a body is looked at, so that strangers learn no schema."""
    if auth.credential(authorization, waypost_session) is None:
        raise Unauthenticated()


def edge(role: Role, *, one_moment: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Declare who may call an endpoint, and put the transaction around it."""

    def declare(endpoint: Endpoint) -> Endpoint:
        def handle(request: Request, **given: Any) -> Any:
            doors: Doors = request.app.state.doors
            with doors.open(request, role, one_moment=one_moment) as work:
                return endpoint(work, **given)

        parameters = list(inspect.signature(endpoint).parameters.values())
        assert parameters[0].annotation is Work, endpoint
        request = inspect.Parameter(
            "request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request
        )
        signature = inspect.Signature([request, *parameters[1:]])
        handle.__signature__ = signature  # type: ignore[attr-defined]
        handle.__name__ = endpoint.__name__
        handle.__doc__ = endpoint.__doc__
        return authorise(role)(handle)

    return declare


def authorise(role: Role | None) -> Callable[[Endpoint], Endpoint]:
    """Write on an endpoint who may call it; None: anybody. A test finds those without."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.authorisation = str(role or "public")  # type: ignore[attr-defined]
        return endpoint

    return declare


public = authorise(None)


class _Pooled(Connection[Any]):
    """Lets the pool open connections in core.db's manner."""

    @classmethod
    def connect(cls, conninfo: str = "", **_: Any) -> Connection[Any]:  # type: ignore[override]
        return connect(conninfo, application="waypost web")


def make_pool(settings: WebSettings) -> ConnectionPool[Connection[Any]]:
    """A pool that checks a connection before handing it out, so it outlives the database."""
    return ConnectionPool(
        settings.database_url,
        connection_class=_Pooled,
        min_size=1,
        max_size=settings.connections_max,
        open=False,
        timeout=limits.DATABASE_CALL_MAX_S,
        reconnect_timeout=30,
        check=_check,
        name="waypost-web",
    )


def _check(conn: Connection[Any]) -> None:
    with time_limit(conn, 2.0):
        conn.execute("SELECT 1")
        conn.rollback()
