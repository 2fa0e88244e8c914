"""`./waypost replay FILE`: publish a recorded track through the broker, as its device would.

Times stay those of the file unless `--shift-to-now`; numbers count from the beginning of
the file, so replaying the same file twice stores nothing twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app.gateway import Gateway, open_gateway
from app.settings import Settings
from core import clock, limits
from core.errors import Invalid
from core.events import Event
from core.events_io import append_events
from core.values import Kind, from_ms
from devices.enrolment_io import enrol, find_org
from devices.readings import DATUMS
from devices.simulator.carrier import Carrier
from devices.simulator.faults import Faults
from devices.simulator.voice import Message
from devices.topics import ROOT, is_device_id, subtree
from devices.tracks import capture, gpx, table
from devices.tracks.track import BadTrack, Fix

WAITING_MAX = 4_000  # messages without a receipt; beyond it we wait
QUEUED_AFTER_MS = 60_000  # what is older was stored and forwarded
RECEIPTS_MAX_S = 60.0
REGISTRY_S = 0.5  # what ingest knows of a device may be so old; sooner, it meets a stranger
TICK_S = 0.05
PROGRESS_S = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One message to publish, before its time is moved."""

    kind: str
    message: Message
    at_ms: int


def run(settings: Settings, argv: Sequence[str]) -> int:
    """Publish a file; 0 when everything was receipted. Raises AppError."""
    given = _words(argv)
    if settings.mqtt_gateway_url is None:
        raise Invalid(
            "No account that may publish for every device. Run `./waypost demo` or set "
            "WAYPOST_MQTT_GATEWAY_URL."
        )
    lines = _shifted(_lines(given), clock.now().timestamp() * 1000 if given.shift_to_now else None)
    _check_times(lines)
    if _enrol(settings, lines, given.org):
        time.sleep(REGISTRY_S)
    replay = Replay(lines, settings.mqtt_gateway_url, settings.mqtt_protocol, given.speed)
    report = replay.run()
    print(json.dumps(report) if given.json else _sentence(report), flush=True)
    return 0 if report["waiting"] == 0 else 1


class Replay:
    """Lines on their way, and the receipts that come back."""

    def __init__(self, lines: Sequence[Line], url: str, protocol: str, speed: float) -> None:
        self.lines = lines
        self.speed = speed
        self.carrier = Carrier(Faults(), 0)
        self.gateway: Gateway = open_gateway(
            url, f"waypost-replay-{time.time_ns()}", self._topics(), self._hear, protocol=protocol
        )

    def run(self) -> dict[str, Any]:
        """Publish, wait for the receipts, report."""
        begun, offset_s = time.monotonic(), time.time() - time.monotonic()
        first_ms = self.lines[0].at_ms
        progress_at = begun + PROGRESS_S
        heard_at, heard = begun, 0
        sent = 0
        seen = self.gateway.connections
        while True:
            now = time.monotonic()
            due = sent
            while due < len(self.lines) and self.carrier.waiting + due - sent < WAITING_MAX:
                ahead_s = (self.lines[due].at_ms - first_ms) / 1000
                if self.speed and ahead_s / self.speed > now - begun:
                    break
                due += 1
            if self.gateway.connections > seen:
                seen = self.gateway.connections
                self.carrier.reconnected(now + offset_s)
            fresh = [line.message for line in self.lines[sent:due]]
            for packet in self.carrier.carry(fresh, now + offset_s):
                self.gateway.publish(packet.topic, packet.body, retain=packet.retain)
            sent = due
            if self.carrier.tally.receipted != heard or sent < len(self.lines):
                heard_at, heard = now, self.carrier.tally.receipted
            over = sent == len(self.lines) and not self.carrier.waiting
            if over or now - heard_at > RECEIPTS_MAX_S:
                break
            if now >= progress_at:
                progress_at = now + PROGRESS_S
                print(f"{sent} of {len(self.lines)} sent, {heard} receipted", file=sys.stderr)
            self.gateway.pump(now + TICK_S)
        self.gateway.close()
        return self._report(time.monotonic() - begun)

    def _report(self, seconds: float) -> dict[str, Any]:
        return {
            "devices": sorted({line.message.device_id for line in self.lines}),
            "from": from_ms(self.lines[0].at_ms).isoformat(),
            "to": from_ms(self.lines[-1].at_ms).isoformat(),
            "sent": self.carrier.tally.sent,
            "receipted": self.carrier.tally.receipted,
            "waiting": self.carrier.waiting,
            "seconds": round(seconds, 2),
        }

    def _topics(self) -> list[str]:
        known = {(line.message.device_id, line.kind) for line in self.lines}
        if len(known) > 50:
            return [f"{ROOT}/+/+/+/receipt"]
        return [f"{subtree(device_id, kind)}/receipt" for device_id, kind in sorted(known)]

    def _hear(self, topic: str, body: bytes) -> None:
        self.carrier.receipt(topic.split("/")[4], json.loads(body))


def _words(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="waypost replay", description="Publish a recorded track: GPX, CSV, NDJSON."
    )
    parser.add_argument("file", type=Path, help=".gpx, .csv, or .ndjson with topic and payload")
    parser.add_argument("--device", help="id of the device; by default the file's name")
    parser.add_argument("--kind", choices=[*Kind], default="officer", help="of a new device")
    parser.add_argument("--org", help="organisation of a new device; by default the topmost")
    parser.add_argument("--datum", choices=DATUMS, default="wgs84", help="of the coordinates")
    parser.add_argument(
        "--speed", type=float, default=0.0, help="1: as it was, 10: ten times as fast, 0: at once"
    )
    parser.add_argument("--shift-to-now", action="store_true", help="let the last fix be now")
    parser.add_argument("--json", action="store_true", help="report as one JSON line")
    given = parser.parse_args(argv)
    if given.speed < 0:
        raise Invalid("--speed must be 0 or more.")
    return given


def _lines(given: argparse.Namespace) -> list[Line]:
    try:
        data = given.file.read_bytes()
    except OSError as error:
        raise Invalid(f"{given.file} cannot be read: {error.strerror}.") from None
    suffix = given.file.suffix.lower()
    if suffix == ".gpx" or data.lstrip().startswith(b"<"):
        return _of_track(gpx.read(data), given)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTrack(f"{given.file.name} is not UTF-8 (byte {error.start}).") from None
    if suffix in (".ndjson", ".jsonl") or text.lstrip().startswith("{"):
        return list(_of_capture(capture.read(text)))
    return _of_track(table.read(text), given)


def _of_track(fixes: list[Fix], given: argparse.Namespace) -> list[Line]:
    device_id = given.device or given.file.stem.replace(" ", "-").replace(".", "-")
    if not is_device_id(device_id):
        raise Invalid(f"{device_id!r} cannot be a device id. Name one with --device.")
    topic = f"{subtree(device_id, given.kind)}/position"
    lines = []
    for seq, fix in enumerate(fixes, 1):
        payload: dict[str, Any] = {
            "at": fix.at_ms,
            "seq": seq,
            "lon": fix.lon_deg,
            "lat": fix.lat_deg,
        }
        told = {
            "spd": fix.spd_mps, "crs": None if fix.crs_deg is None else fix.crs_deg % 360,
            "acc": fix.acc_m, "alt": fix.alt_m, "sat": fix.sat, "bat": fix.bat_pct,
            "datum": None if given.datum == "wgs84" else given.datum,
        }  # fmt: skip
        payload.update((name, value) for name, value in told.items() if value is not None)
        message = Message(topic, payload, device_id, "position", seq)
        lines.append(Line(given.kind, message, fix.at_ms))
    return lines


def _of_capture(captured: Sequence[capture.Captured]) -> Iterator[Line]:
    """Messages as they were; the items of a batch become messages of their own."""
    at_ms = next((one.at_ms for one in captured if one.at_ms is not None), 0)
    for one in captured:
        at_ms = at_ms if one.at_ms is None else one.at_ms
        items = one.payload.get("items") if one.topic.channel == "batch" else [one.payload]
        for item in items if isinstance(items, list) else ():
            channel = item.get("channel", one.topic.channel)
            payload = {name: value for name, value in item.items() if name != "channel"}
            if not isinstance(payload.get("seq"), int):
                continue  # a Last Will: it is not the device's word
            topic = f"{subtree(one.topic.device_id, one.topic.kind)}/{channel}"
            retain = channel == "status"
            message = Message(topic, payload, one.topic.device_id, channel, payload["seq"], retain)
            yield Line(one.topic.kind, message, payload.get("at", at_ms))


def _shifted(lines: list[Line], now_ms: float | None) -> list[Line]:
    """In order of time, the last one now if so wished; old ones marked as forwarded."""
    if not lines:
        raise BadTrack("There is no message of a device in this file.")
    lines = sorted(lines, key=lambda line: line.at_ms)
    by_ms = 0 if now_ms is None else round(now_ms) - lines[-1].at_ms
    moved = []
    for line in lines:
        payload = capture.shift(line.message.payload, by_ms)
        if clock.now().timestamp() * 1000 - payload["at"] > QUEUED_AFTER_MS:
            payload["queued"] = True
        for name in ("boot", "up", "sent_up"):  # of another run of the device
            payload.pop(name, None)
        message = line.message
        moved.append(
            Line(
                line.kind,
                Message(message.topic, payload, message.device_id, message.channel, message.seq,
                        message.retain),
                payload["at"],
            )
        )  # fmt: skip
    return moved


def _check_times(lines: Sequence[Line]) -> None:
    first, last = lines[0].at_ms, lines[-1].at_ms
    if first < limits.OLDEST_AT_MS:
        raise BadTrack(
            f"The file begins at {from_ms(first).isoformat()}, before "
            f"{from_ms(limits.OLDEST_AT_MS).isoformat()}. Use --shift-to-now."
        )
    if last > clock.now().timestamp() * 1000 + limits.CLOCK_AHEAD_MAX_S * 1000:
        raise BadTrack(
            f"The file ends at {from_ms(last).isoformat()}, which is to come. Use --shift-to-now."
        )


def _enrol(settings: Settings, lines: Sequence[Line], org: str | None) -> bool:
    """Enrol the devices that are not known yet; whether there were any.

    Raises Invalid for a device of another kind.
    """
    if settings.database_url is None:
        return False
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("SET timezone TO 'UTC'")
        wanted = {line.message.device_id: line.kind for line in lines}
        rows = conn.execute(
            "SELECT id, kind, revoked_at IS NOT NULL FROM device WHERE id = ANY(%s)",
            (list(wanted),),
        ).fetchall()
        known = {id: (kind, revoked) for id, kind, revoked in rows}
        events: list[Event] = []
        for device_id, kind in sorted(wanted.items()):
            if device_id not in known:
                _, told = enrol(conn, None, kind=kind, device_id=device_id,
                                  org_id=find_org(conn, org), now=clock.now())  # fmt: skip
                events += told
                print(f"enrolled {kind} {device_id}", file=sys.stderr)
            elif known[device_id][1]:
                raise Invalid(f"{device_id} was revoked. Name another with --device.")
            elif known[device_id][0] != kind:
                raise Invalid(
                    f"{device_id} is enrolled as {known[device_id][0]}, not as {kind}. "
                    f"Say --kind {known[device_id][0]}."
                )
        append_events(conn, events)
        return bool(events)


def _sentence(report: dict[str, Any]) -> str:
    devices = report["devices"]
    who = devices[0] if len(devices) == 1 else f"{len(devices)} devices"
    ending = (
        "all receipted"
        if report["waiting"] == 0
        else f"{report['receipted']} receipted, {report['waiting']} without a receipt. Is ingest "
        "running? ./waypost doctor says"
    )
    return (
        f"{who}: {report['sent']} messages of {report['from']} to {report['to']} sent in "
        f"{report['seconds']} s, {ending}."
    )
