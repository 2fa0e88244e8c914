"""Rates of a span, by squad, organisation, point, officer or day, as known at a moment."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from core import tables
from core.errors import Invalid, NotFound
from core.sql import load_queries
from core.values import Viewer
from geo.patrol.rates import (
    Duty,
    Outcome,
    Shape,
    duty_figures,
    figure,
    grouped,
    window_figures,
)
from geo.patrol.results import Result
from geo.patrol.rules_io import load_rules

QUERIES = load_queries("geo.patrol", "rates.sql")
SPAN_MAX: Final = timedelta(days=366)
BY: Final = ("squad", "org", "point", "officer", "day")


def rates(
    conn: Connection[Any],
    viewer: Viewer,
    since: datetime,
    until: datetime,
    *,
    by: str,
    as_of: datetime,
    org_id: int | None = None,
) -> Shape:
    """{total, items, as_of}. Raises Invalid, NotFound."""
    if not since < until <= since + SPAN_MAX:
        raise Invalid("Rates cover at most a year, from before to.")
    given = {
        "since": since,
        "until": until,
        "as_of": as_of,
        "org_ids": scope(conn, viewer, org_id),
    }
    outcomes = load_outcomes(conn, given)
    duties = load_duties(conn, given, since)
    orgs = {row[0]: row[1:] for row in conn.execute(QUERIES["orgs"], given)}
    above = {id_: list(path) for id_, (_, _, path) in orgs.items()}
    groups = grouped(outcomes, by, squads=above)
    names = _names(conn, given, by, groups, {id_: name for id_, (name, _, _) in orgs.items()})
    shifts = _shifts(duties, by, above)
    items = [
        {
            "key": key,
            "name": names.get(key, str(key)),
            **window_figures(groups.get(key, [])),
            "duty": duty_figures(shifts.get(key, [])),
        }
        for key in sorted(set(groups) | set(shifts), key=lambda key: (names.get(key, ""), str(key)))
    ]
    return {
        "from": since,
        "to": until,
        "as_of": as_of,
        "by": by,
        "total": total(conn, given, outcomes, duties),
        "items": items,
        "next": None,
    }


def total(
    conn: Connection[Any], given: Shape, outcomes: Sequence[Outcome], duties: Sequence[Duty]
) -> Shape:
    """All of the span together, with its volumes."""
    row = conn.execute(QUERIES["volumes"], given).fetchone()
    assert row is not None
    checkins, problems = row
    return {
        **window_figures(outcomes),
        "duty": {
            **duty_figures(duties),
            "problems": figure("problems", problems, checkins, factor=100.0),
        },
        "checkins": checkins,
        "problems": problems,
        "attendances": sum(one.attended for one in duties),
    }


def load_outcomes(conn: Connection[Any], given: Shape) -> list[Outcome]:
    found = []
    for id_, org, point, no, day, result, verified, share in conn.execute(
        QUERIES["outcomes"], given
    ):
        known = None if result is None else Result(result)
        found.append(Outcome(id_, org, point, no, day, known, verified, share))
    return found


def load_duties(conn: Connection[Any], given: Shape, at: datetime) -> list[Duty]:
    tolerance_s = load_rules(conn).at(at).score.arrival_tolerance_s
    rows = conn.execute(QUERIES["duties"], {**given, "tolerance_s": tolerance_s})
    return [Duty(*row) for row in rows]


def scope(conn: Connection[Any], viewer: Viewer, org_id: int | None) -> list[int]:
    """The organisation and what lies below it; without one, all the viewer sees."""
    if org_id is None:
        return list(viewer.org_ids)
    given = {"org_id": org_id, "org_ids": list(viewer.org_ids)}
    found = [id_ for (id_,) in conn.execute(QUERIES["below"], given)]
    if not found:
        raise NotFound(f"There is no organisation {org_id} within yours.")
    return found


def _shifts(duties: Sequence[Duty], by: str, above: dict[int, list[int]]) -> dict[Any, list[Duty]]:
    found: dict[Any, list[Duty]] = {}
    for one in duties:
        keys: dict[str, list[Any]] = {
            "squad": [one.org_id],
            "org": list(above.get(one.org_id, [one.org_id])),
            "officer": [one.device_no],
            "day": [one.day],
            "point": [],
        }
        for key in keys[by]:
            found.setdefault(key, []).append(one)
    return found


def _names(
    conn: Connection[Any], given: Shape, by: str, keys: Iterable[Any], orgs: dict[int, str]
) -> dict[Any, str]:
    if by in ("squad", "org"):
        return orgs
    if by == "day":
        return {key: key for key in keys}
    rows = conn.execute(
        QUERIES["points" if by == "point" else "officers"], {**given, "ids": list(keys)}
    )
    return dict(rows.fetchall())


def as_csv(found: Shape) -> str:
    """A row a group: name, required, each result's count, then each rate with its parts."""
    results = [str(result) for result in Result]
    figures = list(found["total"]["figures"])
    header = ["name", "required", *results]
    header += [f"{name}{part}" for name in figures for part in ("", "_numerator", "_denominator")]
    rows = [header]
    for one in found["items"]:
        row = [one["name"], one["required"], *(one["counts"][result] for result in results)]
        for name in figures:
            figure_ = one["figures"][name]
            row += [figure_["value"], figure_["numerator"], figure_["denominator"]]
        rows.append(row)
    return tables.as_csv(rows)
