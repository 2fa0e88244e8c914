"""Decisions of the door: credentials, forged requests, lock-out."""

from datetime import UTC, datetime, timedelta

import pytest

from core import limits
from tests.table import table
from web.auth import (
    Credential,
    CrossSite,
    WeakPassword,
    check_forgery,
    check_password,
    credential,
    digest_of,
    lock_after_failure,
    same_origin,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@table("""
    method  kind              origin              site         passes
    GET     -                 http://evil         cross-site   yes  # safe methods change nothing
    POST    application/json  -                   -            yes  # a program
    POST    application/json  http://us:80        same-origin  yes
    POST    application/json  https://proxy       same-origin  yes  # a listed name
    POST    application/json  http://evil         -            no   # another site
    POST    text/csv          http://us:80        same-origin  yes  # a file to take in
    POST    text/csv          http://evil         -            no
    POST    text/plain        http://us:80        same-origin  no
    POST    application/json  null                -            no   # a sandboxed frame
    POST    application/json  -                   cross-site   no
    POST    application/json  -                   same-site    no   # a neighbour's subdomain
    POST    application/json  -                   none         yes  # typed by the user
    POST    text/plain        -                   -            no   # what a form can send
    POST    -                 -                   -            no
    POST    application/x-www-form-urlencoded - -            no
    DELETE  -                 http://us:80        same-origin  yes  # never a form
    DELETE  text/plain        -                   -            no
    DELETE  -                 http://evil         cross-site   no
""")
def test_forged_requests(method: str, kind: str, origin: str, site: str, passes: str) -> None:
    def check() -> None:
        check_forgery(
            method,
            content_type=None if kind == "-" else kind,
            origin=None if origin == "-" else origin,
            fetch_site=None if site == "-" else site,
            host="us:80",
            allowed=frozenset({"https://proxy"}),
        )

    if passes == "yes":
        check()
    else:
        with pytest.raises(CrossSite):
            check()


@table("""
    origin             same
    http://us:80       yes
    https://us:80      yes
    http://us          no
    http://us:80.evil  no
    http://evil/us:80  no
    null               no
""")
def test_origin_is_our_host(origin: str, same: str) -> None:
    assert same_origin(origin, "us:80", frozenset()) == (same == "yes")


def test_no_host_is_nobodys_origin() -> None:
    assert not same_origin("null", None, frozenset())
    assert not same_origin("", "", frozenset())


def test_a_bearer_token_goes_before_a_cookie() -> None:
    assert credential("Bearer abc", "cookie") == Credential("abc", by_cookie=False)
    assert credential("bearer  abc ", None) == Credential("abc", by_cookie=False)
    assert credential(None, "cookie") == Credential("cookie", by_cookie=True)
    assert credential("Basic abc", "cookie") is None
    assert credential("Bearer ", "cookie") is None
    assert credential(None, None) is None


def test_only_a_digest_is_kept() -> None:
    assert len(digest_of("x")) == 32
    assert Credential("x", by_cookie=True).digest == digest_of("x") != digest_of("y")


def test_lock_after_too_many_failures() -> None:
    assert lock_after_failure(limits.LOGIN_FAILURES_MAX - 1, NOW) is None
    locked = lock_after_failure(limits.LOGIN_FAILURES_MAX, NOW)
    assert locked == NOW + timedelta(seconds=limits.LOGIN_LOCK_S)


def test_short_passwords_are_refused() -> None:
    check_password("x" * 12)
    with pytest.raises(WeakPassword):
        check_password("x" * 11)
