"""Spot checks drawn, replaced, reviewed, and reported against the year's number."""

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.equipment.ledger_io import load_policy
from dispatch.recordings.metrics_io import begin_of
from dispatch.recordings.samples import Stratum, draw, paced, substitute
from geo.patrol.windows import LOCAL

QUERIES = load_queries("dispatch.recordings", "samples.sql")
Shape = dict[str, Any]
Key = tuple[int, str]
AT_ONCE = 500
ANSWERS = ("yes", "no", "n/a")


class NoSuchSample(NotFound):
    """No such spot check, or not within your organisation."""


class PaceMet(Conflict):
    """As many are drawn as the year's pace asks for. Name a number for more."""

    code = "pace_met"


class NothingToDraw(Conflict):
    """There is no recording on the archive that was not drawn before."""

    code = "nothing_to_draw"


class SampleDone(Conflict):
    """It was replaced or reviewed already."""

    code = "sample_done"


def draw_samples(
    conn: Connection[Any], viewer: Viewer, *, count: int | None, seed: str, month: str | None,
    now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """`count` None: as many as the year's pace lacks. Raises Forbidden, Invalid, Conflict."""
    _may(viewer)
    policy, _ = load_policy(conn)
    today = now.astimezone(LOCAL).date()
    conn.execute(QUERIES["lock"])
    if count is None:
        done = report(conn, viewer, today.year, now)
        count = max(0, done["paced"] - done["drawn"])
        if not count:
            raise PaceMet
    if not 0 < count <= AT_ONCE:
        raise Invalid(f"Draw 1 to {AT_ONCE} at once; got {count}.")
    span = _span(today.year, month)
    sizes = _sizes(conn, viewer, span)
    chosen = [
        (stratum, _member(conn, stratum, place)) for stratum, place in draw(sizes, count, seed)
    ]
    if not chosen:
        raise NothingToDraw
    strata: Counter[Stratum] = Counter(stratum for stratum, _ in chosen)
    body = {
        "a_year": policy.sampling.a_year, "month": month,
        "strata": [{"org_id": org, "month": of, "size": sizes[org, of], "drawn": number}
                   for (org, of), number in sorted(strata.items())],
    }  # fmt: skip
    row = conn.execute(QUERIES["add_draw"], {
        "org_id": viewer.org_id, "year": today.year, "seed": seed, "wanted": count,
        "body": Jsonb(body), "now": now, "by": viewer.login,
    }).fetchone()  # fmt: skip
    assert row is not None
    for stratum, key in chosen:
        _add(conn, viewer, row[0], stratum, key, now=now)
    told = {"draw_id": row[0], "seed": seed, "drawn": len(chosen)}
    event = Event("recording.sampled", now, viewer.org_id, told, actor=viewer.login)
    return report(conn, viewer, today.year, now), [event]


def replace(
    conn: Connection[Any], viewer: Viewer, sample_id: int, why: str, now: datetime
) -> tuple[Shape, list[Event]]:
    """Another of the same squad and month, by the draw's seed; the one replaced stays in the list.

    Raises Forbidden, NotFound, Invalid, Conflict.
    """
    _may(viewer)
    if not why.strip():
        raise Invalid("Say why this one cannot be looked at.")
    conn.execute(QUERIES["lock"])
    one = _sample(conn, viewer, sample_id)
    if one["replaced_by"] is not None or one["answers"] is not None:
        raise SampleDone
    stratum = (one["org_id"], one["month"])
    size = _sizes(conn, viewer, _span(int(one["month"][:4]), one["month"])).get(stratum, 0)
    place = substitute(size, one["seed"], sample_id)
    if place is None:
        raise NothingToDraw("There is no other recording of this squad and month.")
    new_id = _add(conn, viewer, one["draw_id"], stratum, _member(conn, stratum, place), now=now,
                  replaces=sample_id, why=why.strip())  # fmt: skip
    told = {"sample_id": sample_id, "by": new_id, "why": why.strip()}
    event = Event("recording.sample_replaced", now, one["org_id"], told, actor=viewer.login)
    return _sample(conn, viewer, new_id), [event]


def review(
    conn: Connection[Any], viewer: Viewer, sample_id: int, *, answers: dict[str, str], note: str,
    now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Fill in the form; a later one counts instead. Raises as `replace`."""
    _may(viewer)
    one = _sample(conn, viewer, sample_id)
    policy, _ = load_policy(conn)
    questions = policy.sampling.questions
    if set(answers) != set(questions) or not set(answers.values()) <= set(ANSWERS):
        raise Invalid(f"Answer {', '.join(questions)}, each with {', '.join(ANSWERS)}.")
    if one["replaced_by"] is not None:
        raise SampleDone("It was replaced; review the one in its place.")
    row = {"sample_id": sample_id, "body": Jsonb(answers), "note": note.strip(), "now": now,
           "by": viewer.login}  # fmt: skip
    conn.execute(QUERIES["review"], row)
    told = {"sample_id": sample_id, "answers": answers}
    event = Event("recording.sample_reviewed", now, one["org_id"], told, actor=viewer.login)
    return _sample(conn, viewer, sample_id), [event]


def report(conn: Connection[Any], viewer: Viewer, year: int, now: datetime) -> Shape:
    """{year, target, paced, drawn, reviewed, strata, answers, draws, samples}: the year so far.

    Replaced ones are listed and not counted.
    """
    policy, _ = load_policy(conn)
    today = now.astimezone(LOCAL).date()
    upto = min(today, date(year, 12, 31))
    samples = _samples(conn, viewer, year)
    count = [one for one in samples if one["replaced_by"] is None]
    done = [one for one in count if one["answers"] is not None]
    strata: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in count:
        strata[one["org"], one["month"]][0] += 1
        strata[one["org"], one["month"]][1] += one["answers"] is not None
    tally = {
        question: dict(Counter(one["answers"].get(question) for one in done))
        for question in policy.sampling.questions
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        given = {"org_ids": list(viewer.org_ids), "year": year}
        draws = cursor.execute(QUERIES["draws"], given).fetchall()
    return {
        "year": year, "target": policy.sampling.a_year,
        "paced": paced(policy.sampling.a_year, upto) if year <= today.year else 0,
        "drawn": len(count), "reviewed": len(done), "questions": policy.sampling.questions,
        "strata": [{"org": org, "month": month, "drawn": drawn, "reviewed": reviewed}
                   for (org, month), (drawn, reviewed) in sorted(strata.items())],
        "answers": tally, "draws": draws, "samples": samples,
    }  # fmt: skip


def _may(viewer: Viewer) -> None:
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators make spot checks.")


def _span(year: int, month: str | None) -> Shape:
    first = date(year, 1, 1) if month is None else _month(month)
    last = date(year + 1, 1, 1) if month is None else _next(first)
    return {"since": begin_of(first), "until": begin_of(last)}


def _sizes(conn: Connection[Any], viewer: Viewer, span: Shape) -> dict[Stratum, int]:
    rows = conn.execute(QUERIES["sizes"], {**span, "org_ids": list(viewer.org_ids)})
    return {(org_id, month): count for org_id, month, count in rows}


def _member(conn: Connection[Any], stratum: Stratum, place: int) -> Key:
    span = _span(0, stratum[1])
    given = {**span, "org_id": stratum[0], "place": place}
    row = conn.execute(QUERIES["member"], given).fetchone()
    assert row is not None
    return row[0], row[1]


def _month(said: str) -> date:
    try:
        return date.fromisoformat(f"{said}-01")
    except ValueError:
        raise Invalid(f"A month is written 2026-03; got {said!r}.") from None


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _add(
    conn: Connection[Any], viewer: Viewer, draw_id: int, stratum: Stratum, key: Key, *,
    now: datetime, replaces: int | None = None, why: str = "",
) -> int:  # fmt: skip
    row = conn.execute(QUERIES["add"], {
        "draw_id": draw_id, "org_id": stratum[0], "month": _month(stratum[1]), "device_no": key[0],
        "recording_id": key[1], "replaces": replaces, "why": why, "now": now, "by": viewer.login,
    }).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def _samples(
    conn: Connection[Any], viewer: Viewer, year: int, id_: int | None = None
) -> list[Shape]:
    given = {"org_ids": list(viewer.org_ids), "year": year, "id": id_}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["list"], given).fetchall()


def _sample(conn: Connection[Any], viewer: Viewer, sample_id: int) -> Shape:
    scope = {"id": sample_id, "org_ids": list(viewer.org_ids)}
    year = conn.execute(QUERIES["year_of"], scope).fetchone()
    if year is None:
        raise NoSuchSample(id=sample_id)
    return _samples(conn, viewer, year[0], sample_id)[0]
