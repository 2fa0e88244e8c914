"""PostgreSQL from the wheel: where its user cannot go, after a kill, and on the same folder."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.children import unprivileged_user
from app.embedded import NotStarted, Postgres, binaries_for, open_folder, wheel_binaries
from app.passwords import FILENAME, secret


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="waypost-embedded-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def rows(url: str) -> int:
    with psycopg.connect(url) as conn:
        found = conn.execute("SELECT count(*) FROM t").fetchone()
    assert found is not None
    return int(found[0])


def test_data_survive_a_stop_and_a_kill(folder: Path) -> None:
    first = Postgres(folder)
    with psycopg.connect(first.start()) as conn:
        conn.execute("CREATE TABLE t AS SELECT 1")
    first.stop()
    second = Postgres(folder)
    assert rows(second.start()) == 1
    assert second.process is not None
    second.process.kill()
    second.process.wait()
    third = Postgres(folder)
    assert rows(third.start()) == 1
    third.stop()


def test_the_password_is_needed_and_only_its_owner_may_read_it(folder: Path) -> None:
    postgres = Postgres(folder)
    url = postgres.start()
    try:
        password = secret(folder, "postgresql")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace(password, "wrong"))
        assert (folder / FILENAME).stat().st_mode & 0o777 == 0o600
        assert not (folder / "postgresql.password").exists()
    finally:
        postgres.remove()
    assert not folder.exists()


def test_a_lock_left_by_a_killed_server_does_not_hold_up_the_next(folder: Path) -> None:
    postgres = Postgres(folder)
    postgres.start()
    postgres.stop()
    # Its number now belongs to another process, here to this test.
    (postgres.pgdata / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.pgdata}\n")
    begun = time.monotonic()
    postgres.start()
    assert time.monotonic() - begun < 10
    postgres.stop()


def test_binaries_in_a_closed_place_are_copied_where_the_user_can_read_them(folder: Path) -> None:
    user = unprivileged_user()
    if user is None:  # not root: whoever runs this reads their own files
        assert binaries_for(user, wheel_binaries(), folder) == wheel_binaries()
        return
    closed = folder / "closed"
    package = wheel_binaries().parent.parent
    for part in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(part), closed / part, symlinks=True)
    closed.chmod(0o700)
    binaries = closed / package.name / wheel_binaries().parent.name / "bin"
    data = folder / "data"
    postgres = Postgres(data, binaries=binaries)
    folder.chmod(0o755)
    try:
        with psycopg.connect(postgres.start()) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
        assert (data / "binaries" / "copied-from").exists()
    finally:
        postgres.stop()


def test_a_folder_out_of_reach_is_refused_with_a_way_out(folder: Path) -> None:
    user = unprivileged_user()
    inner = folder / "inner"
    if user is None:
        open_folder(inner, user)
        assert inner.stat().st_mode & 0o777 == 0o700
        return
    with pytest.raises(NotStarted, match="--data"):
        open_folder(inner, user)
