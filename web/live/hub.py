"""Where every unit is, in columns, and the frames made of them. Layout: docs/live-frames.md.

Pure: rows and the time come in, bytes go out. A frame is encoded once for all who stand
at the same seq and see the same organisations.
"""

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAGIC: Final = 0x314C5057  # 'WPL1'
HEADER: Final = struct.Struct("<4IdII")
FULL: Final = 1  # flags: forget everything else you hold
UNIT_BYTES: Final = 18
AGE_UNKNOWN: Final = 65_535
SPEED_UNKNOWN: Final = 255
NOWHERE_E7: Final = -(2**31)  # lon and lat of a unit that never told its position

LINKS: Final = ("never", "online", "stale", "silent")
STATES: Final = (
    "unknown", "online", "offline", "on_duty", "off_duty", "break", "off", "standby",
    "recording", "prebuffer", "fault", "lost", "busy",
)  # fmt: skip

# What apply() takes. Absent numbers: lon_e7/lat_e7 NOWHERE_E7, at_ms 0, spd_cms and crs_ddeg -1.
ROW: Final = np.dtype(
    [
        ("no", "u4"),
        ("lon_e7", "i4"),
        ("lat_e7", "i4"),
        ("at_ms", "i8"),
        ("spd_cms", "i4"),
        ("crs_ddeg", "i4"),
        ("link", "u1"),
        ("state", "u1"),
        ("org_id", "i8"),
    ]
)
Rows = NDArray[np.void]
Scope = frozenset[int]


class Hub:
    """The newest row of every unit, and in which frame each last changed."""

    def __init__(self, epoch: int) -> None:
        """`epoch` names this hub's life: frames of another epoch cannot be resumed from."""
        self.epoch = epoch
        self.seq = 0
        self.now_ms = 0.0
        self._slots: dict[int, int] = {}
        self._rows: Rows = np.empty(0, ROW)
        self._changed: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._frames: dict[tuple[int, Scope], bytes] = {}
        self._seen_by: dict[Scope, NDArray[np.bool_]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def apply(self, rows: Rows, now_ms: float) -> int:
        """Take rows (at most one a unit) as of `now_ms` and begin the next frame.

        Returns how many units differ from what was known; sending the same again is silent.
        """
        self.now_ms = now_ms
        self._frames.clear()
        slots = self._slots_of(rows["no"])
        different = self._rows[slots] != rows
        changed = int(np.count_nonzero(different))
        if changed:
            self.seq += 1
            if np.any(self._rows["org_id"][slots] != rows["org_id"]):
                self._seen_by.clear()
            self._rows[slots] = rows
            self._changed[slots[different]] = self.seq
        return changed

    def keep_only(self, nos: NDArray[Any]) -> None:
        """Drop units that no longer exist; who holds them learns it from unit.revoked."""
        kept = np.isin(self._rows["no"], nos)
        if kept.all():
            return
        self._rows, self._changed = self._rows[kept], self._changed[kept]
        self._slots = {int(no): slot for slot, no in enumerate(self._rows["no"])}
        self._seen_by.clear()
        self._frames.clear()

    def frame(self, from_seq: int, scope: Scope) -> bytes:
        """Everything within `scope` that changed after `from_seq`; all of it when that is 0 or
        a number this hub has not reached."""
        full = not 0 < from_seq <= self.seq
        key = (0 if full else from_seq, scope)
        found = self._frames.get(key)
        if found is None:
            found = self._frames[key] = self._encode(key[0], scope)
        return found

    def _encode(self, from_seq: int, scope: Scope) -> bytes:
        chosen = self._mask(scope)
        if from_seq:
            chosen = chosen & (self._changed > from_seq)
        rows = self._rows[chosen]
        flags = 0 if from_seq else FULL
        header = HEADER.pack(MAGIC, self.epoch, self.seq, len(rows), self.now_ms, flags, 0)
        return b"".join([header, *(column.tobytes() for column in _columns(rows, self.now_ms))])

    def _mask(self, scope: Scope) -> NDArray[np.bool_]:
        mask = self._seen_by.get(scope)
        if mask is None:
            mask = np.isin(self._rows["org_id"], np.fromiter(scope, np.int64, len(scope)))
            self._seen_by[scope] = mask
        return mask

    def _slots_of(self, nos: NDArray[Any]) -> NDArray[np.intp]:
        known = self._slots
        new = [no for no in nos.tolist() if no not in known]
        if new:
            first = len(self._rows)
            known.update(zip(new, range(first, first + len(new)), strict=True))
            self._rows = np.concatenate([self._rows, np.zeros(len(new), ROW)])
            self._changed = np.concatenate([self._changed, np.zeros(len(new), np.uint32)])
            self._seen_by.clear()
        return np.fromiter((known[no] for no in nos.tolist()), np.intp, len(nos))


def _columns(rows: Rows, now_ms: float) -> list[NDArray[Any]]:
    """The columns of a frame, widest first so that each stays aligned."""
    age_s = np.clip((now_ms - rows["at_ms"]) / 1000, 0, AGE_UNKNOWN).astype("<u2")
    speed = np.clip((rows["spd_cms"] + 25) // 50, 0, SPEED_UNKNOWN - 1)
    speed = np.where(rows["spd_cms"] < 0, SPEED_UNKNOWN, speed)
    course = np.round(np.maximum(rows["crs_ddeg"], 0) * (256 / 3600)).astype(np.int64) % 256
    return [
        rows["no"].astype("<u4"),
        rows["lon_e7"].astype("<i4"),
        rows["lat_e7"].astype("<i4"),
        age_s,
        speed.astype("u1"),
        course.astype("u1"),
        rows["link"],
        rows["state"],
    ]
