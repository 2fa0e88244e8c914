from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.doctor import BAD, NOTE, OK, Facts, examine

WELL = Facts(
    server_version="18.4",
    storage="postgresql",
    broker="127.0.0.1:1883",
    drift=0,
    lease_owners=["a (0/1)"],
    heartbeat_age_s=1.0,
    partition_days=3,
    disk_free_mb=50_000,
    folder="data",
    devices=7,
)
AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_healthy_installation_has_nothing_to_do() -> None:
    findings = examine(WELL)
    assert {one.state for one in findings} == {OK}
    assert not any(one.advice_en or one.advice_zh for one in findings)


@pytest.mark.parametrize(
    ("change", "name", "state"),
    [
        ({"database_error": "refused"}, "database", BAD),
        ({"pending": ["0009_x.sql"]}, "schema", BAD),
        ({"broker_error": "refused"}, "broker", BAD),
        ({"heartbeat_age_s": None}, "ingest", BAD),
        ({"heartbeat_age_s": 15.1}, "ingest", BAD),
        ({"unjudged_batches": 5, "unjudged_age_s": 31.0}, "evaluation", BAD),
        ({"quarantine": [("topic_unknown", 3)]}, "quarantine", NOTE),
        ({"partition_days": 0}, "partitions", BAD),
        ({"calendar": {"zh": "日历到头", "en": "it ends"}}, "calendar", NOTE),
        ({"drift": 2}, "accounts", NOTE),
        ({"shut_out": ["officer-1"]}, "accounts", BAD),
        ({"disk_free_mb": 2_000}, "disk", BAD),
    ],
)
def test_what_is_wrong_is_said_in_two_languages_with_what_to_do(
    change: dict[str, Any], name: str, state: str
) -> None:
    found = [one for one in examine(replace(WELL, **change)) if one.state != OK]
    assert [(one.name, one.state) for one in found] == [(name, state)]
    assert found[0].zh
    assert found[0].en
    assert found[0].advice_zh
    assert found[0].advice_en


def test_quarantine_tells_reasons_and_the_newest() -> None:
    facts = replace(
        WELL,
        quarantine=[("bad_json", 2), ("unknown_device", 1)],
        quarantine_newest=(AT, "waypost/v1/_/officer/x/position", "not JSON"),
    )
    line = next(one for one in examine(facts) if one.name == "quarantine")
    assert "3 messages" in line.en
    assert "bad_json 2, unknown_device 1" in line.en
    assert "waypost/v1/_/officer/x/position: not JSON" in line.en


def test_timescaledb_needs_no_word_about_partitions() -> None:
    assert "partitions" not in {one.name for one in examine(replace(WELL, partition_days=None))}
