"""Answers that a browser keeps as a file."""

from starlette.responses import Response


def named(name: str) -> dict[str, str]:
    """The headers under which it keeps it."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def table(text: str, name: str) -> Response:
    """A table as CSV."""
    return Response(text, media_type="text/csv; charset=utf-8", headers=named(f"{name}.csv"))
