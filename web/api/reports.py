"""Rates with their definitions, and the monthly report as data, table, spreadsheet and page."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import HTMLResponse, Response

from core.values import Role
from geo.patrol import monthly_io, rates_io
from web.edge import Work, edge
from web.files import named, table
from web.report_page import page
from web.schemas.reports import Freeze, MonthFilter, RateFilter

router = APIRouter(tags=["reports"])
Accept = Annotated[str, Header(include_in_schema=False)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/patrol/rates")
@edge(Role.VIEWER)
def rates(work: Work, which: Annotated[RateFilter, Query()], accept: Accept = "") -> Any:
    """Rates of a span by squad, org, point, officer or day; `as_of` answers what was known then."""
    found = rates_io.rates(
        work.conn, work.viewer, which.since, which.until,
        by=which.by, as_of=which.as_of or work.now, org_id=which.org_id,
    )  # fmt: skip
    return table(rates_io.as_csv(found), f"rates-{which.by}") if "text/csv" in accept else found


@router.get("/reports/patrol-monthly")
@edge(Role.VIEWER)
def monthly(work: Work, which: Annotated[MonthFilter, Query()], accept: Accept = "") -> Any:
    """A month's report: figures with definitions, rankings, lists, appeals with both verdicts."""
    report = _report(work, which)
    if which.format == "xlsx":
        body = monthly_io.as_xlsx(report, which.lang)
        return Response(body, media_type=XLSX, headers=named(f"patrol-{which.month}.xlsx"))
    if which.format == "csv" or "text/csv" in accept:
        return table(monthly_io.as_csv(report, which.lang), f"patrol-{which.month}")
    return report


@router.get("/reports/patrol-monthly/page")
@edge(Role.VIEWER)
def monthly_page(work: Work, which: Annotated[MonthFilter, Query()]) -> Response:
    """The same as a page to read and to print."""
    return HTMLResponse(page(_report(work, which), which.lang))


@router.post("/reports/patrol-monthly/freeze", status_code=201)
@edge(Role.DISPATCHER)
def freeze(work: Work, body: Freeze) -> dict[str, Any]:
    """Keep the report as it stands now; later changes show as differences."""
    said, events = monthly_io.freeze(work.conn, work.viewer, body.month, body.org_id, work.now)
    work.record(events)
    return said


def _report(work: Work, which: MonthFilter) -> dict[str, Any]:
    as_of: datetime = which.as_of or work.now
    return monthly_io.monthly(work.conn, work.viewer, which.month, which.org_id, as_of)
