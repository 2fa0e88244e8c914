"""Log in, stay, be locked out, be shut out: over real HTTP."""

from datetime import timedelta

import pytest

from core import clock, limits
from core.values import Role
from tests.website import PASSWORD, Site
from web import accounts_io
from web.auth import digest_of

WRONG = "not the password"


def log_in(site: Site, user: str, password: str = PASSWORD) -> int:
    with site.stranger() as client:
        answer = client.post("/api/v1/session", json={"user": user, "password": password})
        return answer.status_code


def test_a_session_opens_and_ends(site: Site) -> None:
    with site.client("squad_a") as client:
        who = client.get("/api/v1/session").json()
        assert who["login"] == "squad_a"
        assert who["org_ids"] == [site.orgs["squad_a"]]
        secret = client.cookies["waypost_session"]
        assert client.delete("/api/v1/session").status_code == 204
    with site.stranger() as client:
        again = client.get("/api/v1/session", headers={"Cookie": f"waypost_session={secret}"})
        assert again.status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    with site.stranger() as client:
        answer = client.post("/api/v1/session", json={"user": "viewer", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_only_the_digest_is_stored(site: Site) -> None:
    with site.client("viewer") as client, site.connect() as conn:
        secret = client.cookies["waypost_session"]
        stored = {bytes(row[0]) for row in conn.execute("SELECT token_sha256 FROM session")}
    assert digest_of(secret) in stored
    assert secret.encode() not in stored


def test_each_log_in_is_a_new_session(site: Site) -> None:
    """A session id planted beforehand is worth nothing."""
    with site.stranger() as client:
        client.cookies.set("waypost_session", "planted")
        client.post("/api/v1/session", json={"user": "viewer", "password": PASSWORD})
    with site.stranger() as client:
        planted = {"Cookie": "waypost_session=planted"}
        assert client.get("/api/v1/session", headers=planted).status_code == 401


def test_unknown_users_and_wrong_passwords_read_alike(site: Site) -> None:
    with site.stranger() as client:
        unknown = client.post("/api/v1/session", json={"user": "nobody", "password": WRONG})
        wrong = client.post("/api/v1/session", json={"user": "viewer_a", "password": WRONG})
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json() == wrong.json()


def test_lock_out(site: Site) -> None:
    with site.connect() as conn:
        accounts_io.create_account(conn, "clumsy", PASSWORD, Role.VIEWER, site.orgs["squad_a"])
    for _ in range(limits.LOGIN_FAILURES_MAX):
        assert log_in(site, "clumsy", WRONG) == 401
    assert log_in(site, "clumsy") == 401, "locked, though the password is right"
    with site.connect() as conn:
        conn.execute(
            "UPDATE account SET locked_until = now() - interval '1 s' WHERE login='clumsy'"
        )
    assert log_in(site, "clumsy", WRONG) == 401
    assert log_in(site, "clumsy") == 200, "one mistake after the lock does not lock again"


@pytest.mark.parametrize(
    "aged",
    [
        f"seen_at = now() - interval '{limits.SESSION_IDLE_S + 1} s'",
        "expires_at = now() - interval '1 s'",
    ],
    ids=["idle", "absolute"],
)
def test_sessions_end_by_themselves(site: Site, aged: str) -> None:
    with site.client("viewer_a") as client, site.connect() as conn:
        assert client.get("/api/v1/session").status_code == 200
        digest = digest_of(client.cookies["waypost_session"])
        conn.execute(f"UPDATE session SET {aged} WHERE token_sha256 = %s", (digest,))
        assert client.get("/api/v1/session").status_code == 401


def test_use_keeps_a_session_from_going_idle(site: Site) -> None:
    with site.client("viewer_a") as client, site.connect() as conn:
        digest = digest_of(client.cookies["waypost_session"])
        conn.execute(
            "UPDATE session SET seen_at = now() - interval '20 min' WHERE token_sha256 = %s",
            (digest,),
        )
        client.get("/api/v1/orgs")
        row = conn.execute(
            "SELECT now() - seen_at FROM session WHERE token_sha256 = %s", (digest,)
        ).fetchone()
    assert row is not None
    assert row[0] < timedelta(minutes=1)


def test_disabling_ends_sessions_and_tokens(site: Site) -> None:
    with site.connect() as conn:
        accounts_io.create_account(conn, "leaver", PASSWORD, Role.VIEWER, site.orgs["squad_a"])
        token = accounts_io.create_token(conn, "leaver", "script", clock.now())
    bearer = {"Authorization": f"Bearer {token}"}
    with site.client("leaver") as client, site.stranger() as program, site.connect() as conn:
        assert program.get("/api/v1/session", headers=bearer).json()["login"] == "leaver"
        accounts_io.disable_account(conn, "leaver", clock.now())
        assert client.get("/api/v1/session").status_code == 401
        assert program.get("/api/v1/session", headers=bearer).status_code == 401
    assert log_in(site, "leaver") == 401


def test_tokens_expire_and_are_revoked(site: Site) -> None:
    now = clock.now()
    with site.connect() as conn, site.stranger() as client:
        old = accounts_io.create_token(conn, "viewer", "old", now, now - timedelta(seconds=1))
        good = accounts_io.create_token(conn, "viewer", "good", now, now + timedelta(hours=1))
        for token, status in [(old, 401), (good, 200), ("made-up", 401)]:
            headers = {"Authorization": f"Bearer {token}"}
            assert client.get("/api/v1/session", headers=headers).status_code == status
        assert accounts_io.revoke_token(conn, "viewer", "good", now) == 1
        headers = {"Authorization": f"Bearer {good}"}
        assert client.get("/api/v1/session", headers=headers).status_code == 401
        # A token is no session: it does not work as a cookie.
        third = accounts_io.create_token(conn, "viewer", "third", now)
        assert (
            client.get(
                "/api/v1/session", headers={"Cookie": f"waypost_session={third}"}
            ).status_code
            == 401
        )


def test_a_new_password_ends_old_sessions(site: Site) -> None:
    with site.connect() as conn:
        accounts_io.create_account(conn, "changer", PASSWORD, Role.VIEWER, site.orgs["squad_a"])
        with site.client("changer") as client:
            accounts_io.set_password(conn, "changer", "another long one")
            assert client.get("/api/v1/session").status_code == 401
    assert log_in(site, "changer") == 401
    assert log_in(site, "changer", "another long one") == 200


def test_accounts_say_what_is_wrong(site: Site) -> None:
    with site.connect() as conn:
        with pytest.raises(accounts_io.LoginTaken):
            accounts_io.create_account(conn, "viewer", PASSWORD, Role.VIEWER, site.orgs["bureau"])
        with pytest.raises(accounts_io.NoAccount):
            accounts_io.set_password(conn, "nobody", PASSWORD)
        with pytest.raises(accounts_io.NoAccount):
            accounts_io.create_token(conn, "nobody", "x", clock.now())


def test_log_ins_are_in_the_audit_without_secrets(site: Site) -> None:
    log_in(site, "viewer", WRONG)
    with site.client("admin") as client:
        lines = client.get("/api/v1/audit", params={"limit": 1000}).json()["items"]
    assert {"session.opened", "session.refused"} <= {line["action"] for line in lines}
    assert WRONG not in str(lines)
    assert PASSWORD not in str(lines)
