"""Everything that can go wrong on purpose.

The docstring is the message a person reads; `code` is the name a program
reads; `status` is what the web edge answers. Anything else is a bug, and bugs
are left to crash. The console translates by `code`.
"""

from typing import ClassVar


class AppError(Exception):
    """Something this system refuses to do."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, detail: str | None = None, **context: object) -> None:
        super().__init__(detail or self.__doc__)
        self.context = context


class NotFound(AppError):
    """No such thing, or not within your organisation."""

    code = "not_found"
    status = 404


class Forbidden(AppError):
    """Your role does not allow this."""

    code = "forbidden"
    status = 403


class Invalid(AppError):
    """The request does not make sense as it stands."""

    code = "invalid"
    status = 422


class Conflict(AppError):
    """It has changed since you looked. Load it again and decide anew."""

    code = "version_conflict"
    status = 409
