"""The measures of alarms over a span."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from core import tables
from core.errors import Invalid
from core.sql import load_queries
from core.values import Viewer
from dispatch.alarm_metrics import Happened, Stood, metrics
from geo.patrol.rates import Shape

QUERIES = load_queries("dispatch", "alarm_metrics.sql")
SPAN_MAX: Final = timedelta(days=92)


def alarm_metrics(
    conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime, now: datetime
) -> Shape:
    """Raises Invalid for a span that is none, or longer than a quarter."""
    if not since < until <= since + SPAN_MAX:
        raise Invalid("Measures of alarms cover at most 92 days, from before to.")
    given = {"since": since, "until": until, "now": now, "org_ids": list(viewer.org_ids)}
    with conn.cursor(row_factory=class_row(Happened)) as cursor:
        happened = cursor.execute(QUERIES["happened"], given).fetchall()
    with conn.cursor(row_factory=class_row(Stood)) as stood_cursor:
        stood = stood_cursor.execute(QUERIES["stood"], given).fetchall()
    return metrics(happened, stood, since, until, now)


def as_csv(found: Shape) -> str:
    """The nuisance list, and the figures below it."""
    return tables.as_csv([
        ("type", "source", "name", "count"),
        *((one["type"], one["source"], one["name"], one["count"]) for one in found["nuisance"]),
        (),
        ("figure", "value", "numerator", "denominator"),
        *((name, one["value"], one["numerator"], one["denominator"])
          for name, one in found["figures"].items()),
    ])  # fmt: skip
