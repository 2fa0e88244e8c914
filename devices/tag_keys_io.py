"""The key store: wrapped keys in the table, the key-encryption keys from whoever calls."""

import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from core.errors import NotFound
from core.sql import load_queries
from devices.tag_keys import (
    NONCE_BYTES,
    KeyRing,
    NoKek,
    Slot,
    TagKey,
    kek_id,
    ring_of,
    unwrap,
    wrap,
)

QUERIES = load_queries("devices", "tag_keys.sql")
logger = logging.getLogger(__name__)

Keks = Callable[[], Sequence[bytes]]  # the first wraps, all open; empty: there is none here


def no_keks() -> Sequence[bytes]:
    return ()


class KeyLoader:
    """The keys in force, unwrapped once and again whenever the table changed."""

    def __init__(self, keks: Keks) -> None:
        self._keks = keks
        self.forget()

    def forget(self) -> None:
        self._stamp: tuple[Any, ...] | None = None
        self._ring = KeyRing()

    def ring(self, conn: Connection[Any]) -> KeyRing:
        """Empty where there are no keys, or none that can be opened here."""
        stamp = conn.execute(QUERIES["stamp"]).fetchone()
        if stamp != self._stamp:
            self._ring = load_ring(conn, self._keks())
            self._stamp = stamp
        return self._ring


def load_ring(conn: Connection[Any], keks: Sequence[bytes]) -> KeyRing:
    by_id = {kek_id(kek): kek for kek in keks}
    found: list[tuple[Slot, TagKey]] = []
    for purpose, version, uid, wrapped, id_ in conn.execute(QUERIES["live"]):
        slot = Slot(purpose, version, uid)
        kek = by_id.get(id_)
        one = unwrap(kek, slot, bytes(wrapped)) if kek is not None else None
        if one is None:
            logger.warning("tag key %s/%s cannot be opened: key-encryption key %s is not here, "
                           "or the row was changed", purpose, version, id_)  # fmt: skip
        else:
            found.append((slot, one))
    return ring_of(found)


def add_key(
    conn: Connection[Any],
    keks: Sequence[bytes],
    purpose: str,
    one: TagKey,
    *,
    uid: str | None = None,
    login: str,
    now: datetime,
) -> tuple[int, int]:
    """A first or a newer version; older ones still verify until they are retired.

    Returns (id, version). Raises NoKek.
    """
    if not keks:
        raise NoKek()
    conn.execute(QUERIES["hold"])
    row = conn.execute(QUERIES["next_version"], {"purpose": purpose, "uid": uid}).fetchone()
    assert row is not None
    slot = Slot(purpose, row[0], uid)
    given = {
        "purpose": purpose,
        "version": slot.version,
        "uid": uid,
        "wrapped": wrap(keks[0], slot, one, os.urandom(NONCE_BYTES)),
        "kek_id": kek_id(keks[0]),
        "now": now,
        "login": login,
    }
    made = conn.execute(QUERIES["add"], given).fetchone()
    assert made is not None
    return int(made[0]), slot.version


def retire_key(conn: Connection[Any], key_id: int, now: datetime) -> None:
    """From now on it verifies nothing. Raises NotFound."""
    if conn.execute(QUERIES["retire"], {"id": key_id, "now": now}).fetchone() is None:
        raise NotFound(f"There is no tag key {key_id} in force.")


def list_keys(conn: Connection[Any], after: int = 0, limit: int = 1_000) -> list[DictRow]:
    """What there is, never the keys themselves."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["list"], {"after": after, "limit": limit}).fetchall()


def rewrap(conn: Connection[Any], keks: Sequence[bytes]) -> int:
    """Wrap every key by the first of `keks`; the others only open. Returns how many.

    Raises NoKek when one cannot be opened: then nothing was changed.
    """
    if not keks:
        raise NoKek()
    conn.execute(QUERIES["hold"])
    by_id = {kek_id(kek): kek for kek in keks}
    rows = conn.execute(QUERIES["wrapped"]).fetchall()
    for id_, purpose, version, uid, wrapped, old in rows:
        slot = Slot(purpose, version, uid)
        one = unwrap(by_id[old], slot, bytes(wrapped)) if old in by_id else None
        if one is None:
            raise NoKek(f"Tag key {purpose}/{version} was wrapped by {old}, which is not here.")
        fresh = wrap(keks[0], slot, one, os.urandom(NONCE_BYTES))
        conn.execute(QUERIES["rewrap"], {"id": id_, "wrapped": fresh, "kek_id": kek_id(keks[0])})
    return len(rows)
