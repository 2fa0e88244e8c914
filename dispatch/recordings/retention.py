"""How long a recording is kept, and what stays when it is gone. Pure (domain reference D.3)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dispatch.equipment.policy import Retention

# Tags a camera or an archive puts on a recording that name a class by themselves.
TAGS: Final = {
    "evidence": "evidence", "证据": "evidence", "obstruction": "obstruction",
    "阻碍执法": "obstruction", "major_incident": "major_incident",
    "重大事件": "major_incident", "complaint": "complaint", "投诉": "complaint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keeping:
    """`until` None: for good, or until what holds it is taken back."""

    until: datetime | None
    classes: tuple[str, ...]

    def is_due(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


def keeping(
    known_at: datetime, tags: Iterable[str], holds: Mapping[str, bool], *, open_task: bool,
    policy: Retention,
) -> Keeping:  # fmt: skip
    """`known_at`: when it was recorded or told of, whichever is later: a clock that fell back does
    not make a recording old. `holds`: the newest word on each class, placed or taken back; it
    outweighs a tag.

    delete_after = max(recorded + days, holds): domain reference D.3, retention engine.
    """
    classes = {TAGS[tag] for tag in tags if tag in TAGS}
    classes |= {name for name, holds_it in holds.items() if holds_it}
    classes -= {name for name, holds_it in holds.items() if not holds_it}
    if open_task:
        classes.add("open_task")
    known = {*policy.permanent, *policy.holding}
    keep = sorted(classes & known)
    until = None if keep else known_at + timedelta(days=policy.days)
    return Keeping(until, tuple(keep) or ("ordinary",))


def tombstone(clip: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> tuple[Any, str]:
    """What is left of a deleted recording, and the SHA-256 over it.

    `clip`: what was known of it, with the hash of the file; `steps`: who asked and who agreed.
    """
    body = {"recording": dict(clip), "steps": [dict(one) for one in steps]}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return json.loads(text), hashlib.sha256(text.encode()).hexdigest()
