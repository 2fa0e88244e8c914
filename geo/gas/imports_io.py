"""Events of a gas centre, line by line: good ones are stored and judged, bad ones are named."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from core.errors import Forbidden, Invalid
from core.events import Event
from core.values import Role, Viewer
from devices.readings import DATUMS
from geo.gas.findings_io import Filter, list_findings
from geo.gas.judgement_io import judge_cylinders
from geo.gas.ledger_io import add, known
from geo.gas.lines import GasEvent, Line, NoLine, Row, moment, read_line
from geo.patrol.imports import Outcome, Refused, refused

_COLUMNS: Final = ("event_id", "type", "code", "at")
LINES_MAX: Final = 5_000  # of one request: one transaction, judged before it is answered
Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of lines, and what is new and has still to be judged."""

    report: Report
    events: list[Event]
    new: list[GasEvent]


def take_in(
    conn: Connection[Any], viewer: Viewer, lines: Sequence[Line], *, system: str, datum: str,
    now: datetime,
) -> tuple[Report, list[Event]]:  # fmt: skip
    """Store and judge what is new. Sent again, in part or repaired, it doubles nothing.

    `system` names whose file it is.
    Returns {counts: {created, unchanged, refused}, refused: [{row, action, name, zh, en}]};
    `row` is the line's number in its file.
    Raises Forbidden, Invalid.
    """
    found = store(conn, viewer, lines, system=system, datum=datum, now=now)
    return found.report, judge(conn, found, now) + found.events


def judge(conn: Connection[Any], found: Stored, now: datetime) -> list[Event]:
    if not found.new:
        return []
    fresh = {event.event_id for event in found.new}
    return judge_cylinders(conn, {event.code for event in found.new}, now, fresh)


def store(
    conn: Connection[Any], viewer: Viewer, lines: Sequence[Line], *, system: str, datum: str,
    now: datetime, of_a_ledger: bool = False,
) -> Stored:  # fmt: skip
    """The same without judging. Lines `of_a_ledger` may be what a scanner said, word for word:
    what stands so is not put into our words before it is compared.

    Raises Forbidden, Invalid.
    """
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators take in events of gas cylinders.")
    if not 0 < len(lines) <= LINES_MAX:
        raise Invalid(
            f"A request has 1 to {LINES_MAX} lines; got {len(lines)}. Send more requests."
        )
    if datum not in DATUMS:
        raise Invalid(f"A datum is one of {', '.join(DATUMS)}; got {datum!r}.")
    same = _standing(conn, viewer, lines) if of_a_ledger else set()
    rest = [line for line in lines if line.no not in same]
    found = _store(conn, viewer, rest, system=system, datum=datum, now=now)
    found.report["counts"]["unchanged"] += len(same)
    return found


def _standing(conn: Connection[Any], viewer: Viewer, lines: Sequence[Line]) -> set[int]:
    """Numbers of the lines that say just what stands under their ids."""
    told: dict[UUID, list[Row]] = {}
    for line in lines:
        try:
            if isinstance(line, Row):
                told.setdefault(UUID(str(line.said.get("event_id"))), []).append(line)
        except ValueError:  # a number of somebody else's
            continue
    return {
        row.no
        for id_, stands in known(conn, told).items()
        for row in told[id_]
        if viewer.sees(stands["org_id"]) and _stands(row.said, stands)
    }


def _stands(said: Mapping[str, Any], stands: Mapping[str, Any]) -> bool:
    detail = {name: value for name, value in said.items() if name not in _COLUMNS}
    try:
        at = moment(said["at"], "at")
    except (KeyError, Refused):
        return False
    # A ledger tells places in WGS-84, whatever they were told in.
    before = {name: value for name, value in stands["detail"].items() if name != "datum"}
    return (at, said.get("type"), said.get("code"), detail) == (
        stands["at"], stands["type"], stands["code"], before
    )  # fmt: skip


def _store(
    conn: Connection[Any], viewer: Viewer, lines: Sequence[Line], *, system: str, datum: str,
    now: datetime,
) -> Stored:  # fmt: skip
    good, bad = _read(lines, system, datum, now)
    stands = known(conn, [event.event_id for _, event in good])
    fresh, differing = _sorted_out(good, stands, viewer)
    bad += differing
    new = [event for _, event in fresh]
    source = f"file:{system}" if system else "rest"
    added = add(conn, new, org_id=viewer.org_id, source=source, now=now)
    stored = [event for event, is_new in zip(new, added, strict=True) if is_new]
    body = {"count": len(stored), "refused": len(bad), "system": system}
    told = Event("gas.taken_in", now, viewer.org_id, body, actor=viewer.login)
    counts = {"created": len(stored), "unchanged": len(good) - len(differing) - len(stored),
              "refused": len(bad)}  # fmt: skip
    rows = [asdict(one) for one in sorted(bad, key=lambda one: one.row)]
    return Stored({"counts": counts, "refused": rows}, [told] if stored else [], stored)


def _read(
    lines: Sequence[Line], system: str, datum: str, now: datetime
) -> tuple[list[tuple[int, GasEvent]], list[Outcome]]:
    good: list[tuple[int, GasEvent]] = []
    bad: list[Outcome] = []
    for line in lines:
        try:
            if isinstance(line, NoLine):
                raise line.why
            good.append((line.no, read_line(line.said, system=system, datum=datum, now=now)))
        except Refused as error:
            said: Mapping[str, Any] = {} if isinstance(line, NoLine) else line.said
            name = str(said.get("event_id", ""))[:200]
            # It may be what could not be stored, and the report has to be sent.
            bad.append(refused(line.no, name.encode(errors="replace").decode(), error))
    return good, bad


def _sorted_out(
    good: Sequence[tuple[int, GasEvent]], stands: Mapping[Any, Any], viewer: Viewer
) -> tuple[list[tuple[int, GasEvent]], list[Outcome]]:
    """What is new, and what says something else than stands under its id."""
    fresh: dict[Any, tuple[int, GasEvent]] = {}
    differing = []
    for no, event in good:
        earlier = fresh.get(event.event_id)
        before = stands.get(event.event_id) or (earlier and asdict(earlier[1]))
        if before is None:
            fresh[event.event_id] = (no, event)
            continue
        same = all(before[name] == getattr(event, name) for name in ("at", "type", "code"))
        hidden = "org_id" in before and not viewer.sees(before["org_id"])
        if hidden or not same or not _agree(before["detail"], event.detail):
            zh = "同一编号已有不同内容的记录；请对原记录作更正声明，另用新编号"
            en = "this id stands with other contents; declare that record wrong and use a new id"
            differing.append(refused(no, str(event.event_id), Refused(zh, en)))
    return list(fresh.values()), differing


def _agree(before: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """A record may know more than a line: a scanner's message has fields of its own."""
    return all(before.get(name) == value for name, value in told.items())


def observe(
    conn: Connection[Any], viewer: Viewer, said: Mapping[str, Any], *, now: datetime
) -> tuple[Report, list[Event]]:
    """What an inspector saw: a scan, stored and judged at once.

    Returns {code, findings}: those of the cylinder that stand. Raises Forbidden, Invalid.
    """
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Only squads and dispatchers write observations down.")
    stored = _store(conn, viewer, [Row(1, said)], system="", datum="wgs84", now=now)
    if stored.report["refused"]:
        raise Invalid(stored.report["refused"][0]["en"])
    events = judge(conn, stored, now) + stored.events
    filter_ = Filter(key=str(said["code"]))
    found = list_findings(conn, viewer, filter_, limit=100)["items"]
    return {"code": said["code"], "findings": found}, events
