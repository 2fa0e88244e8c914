"""How long a recording is kept: half a year, for good, or while something holds it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from dispatch.equipment.policy import Retention
from dispatch.recordings.retention import keeping, tombstone

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = timedelta(days=180)


def until(*tags: str, open_task: bool = False, **holds: bool) -> datetime | None:
    return keeping(START, tags, holds, open_task=open_task, policy=Retention()).until


def test_half_a_year_and_not_a_second_less() -> None:
    kept = keeping(START, ["patrol"], {}, open_task=False, policy=Retention())
    assert (kept.until, kept.classes) == (START + DAYS, ("ordinary",))
    assert not kept.is_due(START + DAYS - timedelta(seconds=1))
    assert kept.is_due(START + DAYS)


def test_what_keeps_it_for_good_or_for_now() -> None:
    assert until("证据") is None
    assert until(obstruction=True) is None
    assert until(open_task=True) is None
    assert until(complaint=True) is None
    assert until("nonsense", nonsense=True) == START + DAYS


def test_the_newest_word_of_a_person_outweighs_a_tag() -> None:
    assert until("evidence", evidence=False) == START + DAYS
    assert until("evidence", evidence=False, complaint=True) is None


def test_a_tombstone_can_be_checked_by_anybody() -> None:
    stone, digest = tombstone({"sha256": "ab", "start_at": START}, [{"by": "甲"}, {"by": "乙"}])
    text = json.dumps(stone, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    _, other = tombstone({"sha256": "ac", "start_at": START}, [{"by": "甲"}, {"by": "乙"}])
    assert other != digest
