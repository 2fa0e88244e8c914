"""Every refusal as RFC 9457 problem details. No stack trace leaves the server."""

import logging
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.exceptions import HTTPException

from core.db import is_poison
from core.errors import AppError

log = logging.getLogger(__name__)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    context: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """One problem. `code` is what a program reads and the console translates."""
    body: dict[str, Any] = {
        "type": f"urn:waypost:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or [],
    }
    if context:
        body["context"] = {name: _plain(value) for name, value in context.items()}
    return JSONResponse(body, status, headers=headers or {}, media_type="application/problem+json")


def _plain(value: object) -> object:
    """A value of an error's context as JSON has it."""
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every way of failing answer with a problem."""
    app.add_exception_handler(AppError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(psycopg.Error, _database)
    app.add_exception_handler(PoolTimeout, _away)
    app.add_exception_handler(PoolClosed, _away)
    app.add_exception_handler(Exception, _bug)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    detail = " ".join(str(error).split())
    return problem(error.status, error.code, detail, context=error.context, headers=headers)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(str(part) for part in one["loc"][1:]), "detail": one["msg"]}
        for one in error.errors()
    ]
    said = "; ".join(f"{one['field']}: {one['detail']}" for one in errors[:5])
    return problem(422, "invalid", f"The request cannot be read: {said}.", errors=errors)


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status_code, "refused"
    )
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, code, f"{error.detail}.", headers=headers)


def _database(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, psycopg.Error)
    if isinstance(error, psycopg.OperationalError):
        return _away(request, error)
    if isinstance(error, psycopg.errors.UniqueViolation):
        return problem(409, "exists", "Something with this name or number exists already.")
    if isinstance(error, psycopg.DataError) or is_poison(error):
        return problem(422, "invalid", "The request holds a value that cannot be stored.")
    return _bug(request, error)


def _away(request: Request, error: Exception) -> JSONResponse:
    log.warning("%s %s: database away: %s", request.method, request.url.path, error)
    detail = "The database is away or too slow. Nothing was changed. Try again in a few seconds."
    return problem(503, "database_away", detail, headers={"Retry-After": "2"})


def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal", "This failed on our side; the server's log says why.")
