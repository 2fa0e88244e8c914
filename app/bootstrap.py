"""The composition root: who thinks, in which order, and what each service is made of."""

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any

import psycopg
from psycopg import Connection

from app.dynsec_io import BrokerRefused, Reconciler, tell_broker
from app.place import read_keks
from app.schedule import Job, make_scheduler, sweep_partitions, sweep_sessions, sweep_slots
from app.settings import Settings, WrongSetting
from core import log
from core.db import connect
from core.events import Event
from devices.enrolment import Enrolled
from devices.tag_keys_io import Keks, KeyLoader, no_keks
from ingest.evaluator import Evaluator, Reaction
from ingest.follower import Judges
from ingest.service import IngestSettings

logger = logging.getLogger(__name__)


def make_judges(keks: Keks = no_keks) -> Judges:
    """Evaluators in the order in which the system thinks; each follower has its own."""
    return Judges(evaluators(keks), reaction())


def evaluators(keks: Keks = no_keks) -> Sequence[Evaluator]:
    """First where everybody is and whether they live, then what that means."""
    from dispatch.acks_io import AckEvaluator
    from dispatch.field_events_io import DeviceEventEvaluator
    from dispatch.recordings.clips_io import RecordingEvaluator
    from dispatch.units_io import UnitEvaluator
    from geo.coverage.coverage_io import CoverageEvaluator
    from geo.fences_io import FenceEvaluator
    from geo.gas.judgement_io import GasEvaluator
    from geo.patrol.fraud_io import FraudEvaluator
    from geo.patrol.proofs_io import ProofEvaluator
    from geo.patrol.verdicts_io import PatrolEvaluator

    return (
        UnitEvaluator(),
        FenceEvaluator(),
        ProofEvaluator(KeyLoader(keks)),
        FraudEvaluator(),
        PatrolEvaluator(),
        CoverageEvaluator(),
        GasEvaluator(),
        RecordingEvaluator(),
        AckEvaluator(),
        DeviceEventEvaluator(),
    )


def reaction() -> Reaction:
    """Events to tasks and alarms."""
    from dispatch.rules_io import react

    return react


# ── services ───────────────────────────────────────────────────────────────


def run_ingest(settings: Settings) -> int:
    from ingest import service

    log.set_up("ingest", settings.log_level)
    judges = partial(make_judges, partial(read_keks, settings))
    service.run(_ingest_settings(settings), judges, _stop_event())
    return 0


def run_evaluate(settings: Settings) -> int:
    from ingest import service

    log.set_up("evaluate", settings.log_level)
    judges = partial(make_judges, partial(read_keks, settings))
    service.run_followers(_ingest_settings(settings), judges, _stop_event())
    return 0


def run_web(settings: Settings, *, demo: bool) -> int:
    from ingest.courier import ask_redrive
    from web.application import create_app
    from web.edge import Hooks
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
        ),
        Hooks(_teller(settings), ask_redrive, partial(read_keks, settings)),
    )
    run(app, settings.host, settings.port)
    return 0


def _teller(settings: Settings) -> Callable[[Sequence[Enrolled]], None]:
    """What the web calls after a commit that changed who may log in at the broker."""
    url, database_url = settings.mqtt_admin_url, settings.database_url
    if url is None or database_url is None:
        return lambda _given: None

    def tell(given: Sequence[Enrolled]) -> None:
        try:
            with connect(database_url, application="waypost-accounts") as conn:
                tell_broker(conn, url, given)
        except (BrokerRefused, psycopg.OperationalError) as error:
            # It is committed and stays so; `doctor` names the devices that wait.
            logger.warning("the broker could not be told of changed devices: %s", error)

    return tell


def run_schedule(settings: Settings, district: Sequence[str] | None = None) -> int:
    """`district`: the words of a demo whose patrol windows are to go on."""
    log.set_up("schedule", settings.log_level)
    assert settings.database_url
    stop = _stop_event()
    scheduler = make_scheduler(settings.database_url, jobs(settings, district), reaction())
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)
    return 0


def jobs(settings: Settings, district: Sequence[str] | None = None) -> Sequence[Job]:
    """Everything that happens by the clock."""
    from dispatch import alarms_io, offers_io, standing_io, supervision_io, units_io
    from dispatch.equipment import people_io as equipment_io
    from dispatch.recordings import audit_io, metrics_io
    from geo import fences_io
    from geo.coverage import coverage_io
    from geo.gas import judgement_io, people_io, sources_io, vehicles_io
    from geo.patrol import duty_log_io, fraud_io, monthly_io, verdicts_io, windows_io
    from ingest.service import sweep_batches

    found = [
        Job("patrol_verdicts", 1, verdicts_io.sweep),
        Job("fraud", 30, fraud_io.sweep, first_s=45),
        Job("patrol_windows", 600, windows_io.sweep),
        Job("patrol_reports", 60, monthly_io.sweep),
        Job("duty_logs", 30, duty_log_io.sweep),
        Job("units", 5, units_io.sweep),
        Job("alarms", 5, alarms_io.sweep),
        Job("standing_rules", 10, standing_io.sweep),
        Job("offers", 5, offers_io.sweep),
        Job("supervision", 60, supervision_io.sweep),
        Job("fence_checkpoints", 6 * 3600, fences_io.sweep),
        Job("coverage", 10, coverage_io.sweep, first_s=30),
        Job("gas_cylinders", 2, judgement_io.sweep, first_s=5),
        Job("gas_shares", 60, judgement_io.sweep_shares, first_s=20),
        Job("gas_sources", 3600, sources_io.sweep, first_s=40),
        Job("gas_places", 60, sources_io.sweep_places, first_s=30),
        Job("gas_vehicles", vehicles_io.EVERY_S, vehicles_io.sweep, first_s=50),
        Job("gas_vehicles_past", vehicles_io.EVERY_S, vehicles_io.sweep_past, first_s=80),
        Job("gas_balances", 600, sources_io.sweep_balances, first_s=60),
        Job("gas_people", 2, people_io.sweep, first_s=6),
        Job("recordings", 2, audit_io.sweep, first_s=7),
        Job("recordings_nightly", 24 * 3600, audit_io.nightly, first_s=600),
        Job("recording_days", 5, metrics_io.sweep, first_s=8),
        Job("recording_days_nightly", 12 * 3600, metrics_io.nightly, first_s=620),
        Job("equipment", 60, equipment_io.sweep, first_s=35),
        Job("partitions", 3600, sweep_partitions),
        Job("slots", 3600, sweep_slots),
        Job("sessions", 300, sweep_sessions),
        Job("batches", 3600, sweep_batches),
    ]
    if settings.mqtt_admin_url is not None:
        reconciler = Reconciler(settings.mqtt_admin_url)

        def accounts(conn: Connection[Any], _now: datetime) -> Sequence[Event]:
            """Often, so that a revoked device is off within five seconds."""
            for command in reconciler.reconcile(conn):
                logger.warning("the broker's accounts had drifted: %s", command["command"])
            return ()

        found.append(Job("accounts", 2, accounts))
    if district is not None:
        from app.demo import windows_sweep

        found.append(Job("district", 3600, windows_sweep(district), first_s=60))
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
