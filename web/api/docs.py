"""The description of this API: for programs, and as one plain page for people."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from web.docs_page import STYLE, page
from web.edge import public

router = APIRouter(tags=["description"])


@router.get("/openapi.json", include_in_schema=False)
@public
def openapi(request: Request) -> dict[str, Any]:
    """OpenAPI 3.1."""
    document: dict[str, Any] = request.app.openapi()
    return document


@router.get("/docs", include_in_schema=False)
@public
def docs(request: Request) -> HTMLResponse:
    """The same, to read. No script, nothing from elsewhere."""
    return HTMLResponse(page(request.app.openapi()))


@router.get("/docs.css", include_in_schema=False)
@public
def docs_style() -> Response:
    """Beside the page, because our policy forbids styles within it."""
    return Response(STYLE, media_type="text/css")
