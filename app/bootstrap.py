"""The composition root: who thinks, in which order, and what each service is made of."""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Sequence
from datetime import datetime
from types import FrameType
from typing import Any

from psycopg import Connection

from app.dynsec_io import Reconciler
from app.schedule import Job, make_scheduler, sweep_partitions, sweep_sessions, sweep_slots
from app.settings import Settings, WrongSetting
from core import log
from core.events import Event
from ingest.evaluator import Evaluator, Reaction
from ingest.follower import Judges
from ingest.service import IngestSettings


def make_judges() -> Judges:
    """Evaluators in the order in which the system thinks; each follower has its own."""
    return Judges(evaluators(), reaction())


def evaluators() -> Sequence[Evaluator]:
    from dispatch.units_io import UnitEvaluator

    return (UnitEvaluator(),)


def reaction() -> Reaction:
    return _no_reaction


def _no_reaction(conn: Connection[Any], events: Sequence[Event], now: datetime) -> Sequence[Event]:
    return ()


# ── services ───────────────────────────────────────────────────────────────


def run_ingest(settings: Settings) -> int:
    from ingest import service

    log.set_up("ingest", settings.log_level)
    service.run(_ingest_settings(settings), make_judges, _stop_event())
    return 0


def run_evaluate(settings: Settings) -> int:
    from ingest import service

    log.set_up("evaluate", settings.log_level)
    service.run_followers(_ingest_settings(settings), make_judges, _stop_event())
    return 0


def run_web(settings: Settings, *, demo: bool) -> int:
    from web.application import create_app
    from web.server import run
    from web.settings import WebSettings

    log.set_up("web", settings.log_level)
    assert settings.database_url
    public = settings.public_url
    app = create_app(
        WebSettings(
            settings.database_url,
            demo=demo,
            allowed_origins=frozenset([public.rstrip("/")] if public else []),
            secure_cookies=bool(public and public.startswith("https:")),
        )
    )
    run(app, settings.host, settings.port)
    return 0


def run_schedule(settings: Settings) -> int:
    log.set_up("schedule", settings.log_level)
    assert settings.database_url
    stop = _stop_event()
    scheduler = make_scheduler(settings.database_url, jobs(settings), reaction())
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)
    return 0


def jobs(settings: Settings) -> Sequence[Job]:
    """Everything that happens by the clock."""
    from dispatch import units_io

    found = [
        Job("partitions", 3600, sweep_partitions),
        Job("slots", 3600, sweep_slots),
        Job("sessions", 300, sweep_sessions),
        Job("units", 5, units_io.sweep),
    ]
    if settings.mqtt_admin_url is not None:
        reconciler = Reconciler(settings.mqtt_admin_url)

        def accounts(conn: Connection[Any], _now: datetime) -> Sequence[Event]:
            """Often, so that a revoked device is off within five seconds."""
            reconciler.reconcile(conn)
            return ()

        found.append(Job("accounts", 2, accounts))
    return found


def _ingest_settings(settings: Settings) -> IngestSettings:
    assert settings.database_url
    if settings.mqtt_url is None:
        raise WrongSetting("No broker. Set WAYPOST_MQTT_URL, or start ./waypost up.")
    return IngestSettings(
        settings.database_url,
        settings.mqtt_url,
        owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
        protocol=settings.mqtt_protocol,
        sessions=settings.ingest_sessions,
    )


def _stop_event() -> threading.Event:
    """Set by SIGTERM and SIGINT."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, ask)
    return stop
