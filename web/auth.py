"""Who is asking, and may they: the decisions, without the database.

Sessions and tokens are 256-bit random texts; only their SHA-256 is kept. A browser
sends its cookie by itself, so what it asks for by cookie must prove that it was our
own page that asked (OWASP ASVS 5, 3.5.1-3.5.3).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar
from urllib.parse import urlsplit

from core import limits
from core.errors import AppError
from core.values import OrgId, Role, Viewer

COOKIE = "waypost_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What no form sends, and no script to another site without asking first.
UNFORGEABLE = frozenset(
    {
        "application/json",
        "application/geo+json",
        "application/geopackage+sqlite3",
        "application/pdf",
        "application/x-ndjson",
        "application/zip",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "image/jpeg",
        "image/png",
        "image/webp",
        "application/vnd.google-earth.kml+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "text/csv",
    }
)
PASSWORD_LENGTH_MIN = 12


class Unauthenticated(AppError):
    """Please log in."""

    code: ClassVar[str] = "unauthenticated"
    status: ClassVar[int] = 401


class WrongCredentials(AppError):
    """User name or password is wrong, or the account is locked after too many tries: then wait
    five minutes and try again."""

    code: ClassVar[str] = "wrong_credentials"
    status: ClassVar[int] = 401


class CrossSite(AppError):
    """The request did not come from our own page, so it was not carried out."""

    code: ClassVar[str] = "cross_site"
    status: ClassVar[int] = 403


class TooManyLogins(AppError):
    """Too many people log in at this moment. Try again in a few seconds."""

    code = "too_many_logins"
    status = 429


class WeakPassword(AppError):
    """The password is too short: use at least twelve characters."""

    code: ClassVar[str] = "weak_password"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request showed: a session's cookie or a program's bearer token."""

    secret: str
    by_cookie: bool

    @property
    def digest(self) -> bytes:
        return digest_of(self.secret)


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who is known, with everything a page shows of them."""

    id: int
    login: str
    role: Role
    org_id: int
    org: str
    org_ids: frozenset[int]

    @property
    def viewer(self) -> Viewer:
        ids = frozenset(OrgId(org_id) for org_id in self.org_ids)
        return Viewer(self.login, self.role, OrgId(self.org_id), ids)

    def shape(self) -> dict[str, object]:
        return {
            "login": self.login,
            "role": str(self.role),
            "org_id": self.org_id,
            "org": self.org,
            "org_ids": sorted(self.org_ids),
        }


def digest_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def credential(authorization: str | None, cookie: str | None) -> Credential | None:
    """The credential of a request; a bearer token goes before a cookie."""
    if authorization:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return Credential(token.strip(), by_cookie=False)
        return None
    return Credential(cookie, by_cookie=True) if cookie else None


def same_origin(origin: str | None, host: str | None, allowed: frozenset[str]) -> bool:
    """True when there is no Origin (not a browser) or it is our own host or a listed one."""
    if origin is None:
        return True
    return origin in allowed or (bool(host) and urlsplit(origin).netloc == host)


def check_forgery(
    method: str,
    *,
    content_type: str | None,
    origin: str | None,
    fetch_site: str | None,
    host: str | None,
    allowed: frozenset[str],
) -> None:
    """Refuse what another site could have made a browser send with our cookie.

    Raises CrossSite. A form can only POST, and none of these types; every other unsafe
    method, and these types from a script, need a preflight that we never answer.
    """
    if method in SAFE_METHODS:
        return
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in UNFORGEABLE and (method == "POST" or kind):
        raise CrossSite("Send the request as application/json.")
    if not same_origin(origin, host, allowed):
        raise CrossSite()
    if fetch_site not in (None, "same-origin", "none"):
        raise CrossSite()


def lock_after_failure(failures: int, now: datetime) -> datetime | None:
    """Until when an account is locked after its `failures`-th wrong password in a row."""
    if failures < limits.LOGIN_FAILURES_MAX:
        return None
    return now + timedelta(seconds=limits.LOGIN_LOCK_S)


def check_password(password: str) -> None:
    """Raises WeakPassword."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise WeakPassword()
