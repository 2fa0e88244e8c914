"""The boards: duty of now, data of now, squads compared."""

from typing import Annotated, Any

from fastapi import APIRouter, Header

from core.values import Role
from web import boards_io
from web.edge import Work, edge
from web.files import table
from web.schemas.lists import From, To

router = APIRouter(prefix="/boards", tags=["boards"])
Accept = Annotated[str, Header(include_in_schema=False)]


@router.get("/duty")
@edge(Role.VIEWER)
def duty_board(work: Work) -> dict[str, Any]:
    """勤务检查: on duty, served today, posts, tasks and alarms; by squad and together."""
    return boards_io.duty(work.conn, work.viewer, work.now)


@router.get("/data")
@edge(Role.VIEWER)
def data_board(work: Work) -> dict[str, Any]:
    """数据监测: devices heard, fresh fixes, lag of ingest, readings an hour of the last day."""
    return boards_io.data(work.conn, work.viewer, work.now)


@router.get("/squads", response_model=None)
@edge(Role.VIEWER)
def squads_board(work: Work, since: From, until: To, accept: Accept = "") -> Any:
    """Squads ranked over a span: patrol rates, tasks, how fast they were."""
    found = boards_io.squads(work.conn, work.viewer, since, until, work.now)
    if "text/csv" not in accept:
        return found
    return table(boards_io.squads_csv(found), "squads")
