"""Body cameras and gas cylinders, as their events leave them."""

from typing import Any

from fastapi import APIRouter

from core.values import Role
from web import pages_io
from web.edge import Work, edge
from web.schemas.lists import DEFAULT, After, AfterText, Limit

router = APIRouter(tags=["equipment"])


@router.get("/cameras")
@edge(Role.VIEWER)
def list_cameras(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Cameras with their last known state, and since when."""
    return pages_io.page_of_rows(work.conn, work.viewer, "cameras", after, limit)


@router.get("/cylinders")
@edge(Role.VIEWER)
def list_cylinders(work: Work, limit: Limit = DEFAULT, after: AfterText = "") -> dict[str, Any]:
    """Cylinders with who has them now."""
    return pages_io.page_of_rows(work.conn, work.viewer, "cylinders", after, limit)


@router.get("/cylinders/{code}")
@edge(Role.VIEWER)
def get_cylinder(work: Work, code: str) -> dict[str, Any]:
    """One cylinder: who has it, and its whole life."""
    return pages_io.cylinder_by_code(work.conn, work.viewer, code)
