"""Days as gas centres write them: due on a day is not late on it, and no year is a millisecond."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection

from core.values import Viewer, from_ms, to_ms
from geo.gas import judgement_io, registers_io
from geo.patrol.windows import LOCAL
from tests.integration.geo.gas.test_judgement_io import (
    NOW,
    office,
    quiet,
    said,
    send,
    told,
    viewer,
)

__all__ = ["office", "viewer"]
LATER = NOW + timedelta(days=2)


def life() -> tuple[list[dict[str, Any]], datetime]:
    """A legal one, and the day on which it is filled."""
    lines = told(1, 1, Random(3))
    fill = next(line for line in lines if line["type"] == "fill")
    return lines, from_ms(fill["at"]).astimezone(LOCAL)


@pytest.mark.parametrize("form", ["%Y%m%d", "%Y-%m-%d"])
def test_a_cylinder_may_be_filled_on_the_day_its_inspection_is_due(
    conn: Connection[Any], office: Viewer, form: str
) -> None:
    lines, filled = life()
    for days, rules in ((0, {"E9"}), (-1, {"E8", "E9"})):
        due = (filled + timedelta(days=days)).strftime(form)
        mine = [{**line, "event_id": str(uuid4()), "code": f"D{days}"} for line in lines]
        for line in mine:
            if line["type"] == "register":
                line["next_inspection_due"] = due
        assert send(conn, office, mine)["counts"]["created"] == len(mine)
        quiet(conn, LATER)
        found = {one.split()[0] for one in said(conn, office) if one.endswith(f"D{days}")}
        assert found == rules


def test_a_day_without_dashes_is_no_morning_of_1970(conn: Connection[Any], office: Viewer) -> None:
    lines, _ = life()
    for line in lines:
        if line["type"] == "register":
            line |= {"next_inspection_due": "20300301", "scrap_due": 20360301}
    send(conn, office, lines)
    row = {"key": "ST-1", "licence_until": "20361231"}
    registers_io.take_in(conn, office, "site", [row], datum="wgs84", dry_run=False, now=NOW)
    quiet(conn, LATER)
    assert said(conn, office) == set()


def test_a_licence_number_in_the_column_of_its_day_is_refused_and_poisons_nothing(
    conn: Connection[Any], office: Viewer
) -> None:
    rows = [{"key": "OTHER", "licence_until": "310115202600012345678"}, {"key": "FINE"},
            {"key": "ODD", "full_max": "²"}]  # fmt: skip
    report, _ = registers_io.take_in(conn, office, "site", rows, datum="wgs84", dry_run=False,
                                     now=NOW)  # fmt: skip
    assert [one["row"] for one in report["rows"] if one["action"] == "refused"] == [1, 3]
    line = {"event_id": str(uuid4()), "type": "stock_in", "code": "Z", "at": to_ms(NOW)}
    send(conn, office, [{**line, "site_id": "OTHER"}])
    judgement_io.sweep_shares(conn, NOW)
