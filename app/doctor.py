"""What is wrong, and what to do about it: facts in, findings out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import limits

OK: Final = "ok"
NOTE: Final = "note"  # worth knowing; nothing is broken
BAD: Final = "bad"

_DISK_FREE_MIN_MB: Final = 2_048
_LAG_MAX_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `advice_*` is empty when there is nothing to do."""

    name: str
    state: str
    zh: str
    en: str
    advice_zh: str = ""
    advice_en: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen. None means that it could not be asked."""

    database_error: str | None = None
    server_version: str = ""
    storage: str = ""
    pending: Sequence[str] = ()
    broker_error: str | None = None
    broker: str = ""
    drift: int | None = None
    shut_out: Sequence[str] = ()
    lease_owners: Sequence[str] = ()
    heartbeat_age_s: float | None = None
    unjudged_batches: int = 0
    unjudged_age_s: float = 0.0
    quarantine: Sequence[tuple[str, int]] = ()  # reason, how many; the last 24 h
    quarantine_newest: tuple[datetime, str, str] | None = None  # when, topic, detail
    dropped: int = 0  # by the broker since it started, as it says itself
    partition_days: int | None = None  # days from today that have one; None on TimescaleDB
    calendar: Mapping[str, str] | None = None  # what to say of the holidays known, zh and en
    disk_free_mb: int | None = None
    folder: str = ""
    devices: int = 0


def examine(facts: Facts) -> list[Finding]:
    """All findings; what depends on a dead database is not asked."""
    findings = [_database(facts)]
    if facts.database_error is None:
        findings.append(_schema(facts))
        if not facts.pending:
            findings += [
                _ingest(facts),
                _followers(facts),
                _quarantine(facts),
                *_dropped(facts),
                *_partitions(facts),
                *_calendar(facts),
            ]
    findings.append(_broker(facts))
    findings += _accounts(facts)
    if facts.disk_free_mb is not None:
        findings.append(_disk(facts))
    return findings


def _database(facts: Facts) -> Finding:
    if facts.database_error is not None:
        return Finding(
            "database", BAD,
            f"数据库无法访问：{facts.database_error}",
            f"The database does not answer: {facts.database_error}",
            "启动 ./waypost demo 或 ./waypost up，或检查 WAYPOST_DATABASE_URL。",
            "Start ./waypost demo or ./waypost up, or check WAYPOST_DATABASE_URL.",
        )  # fmt: skip
    return Finding(
        "database", OK,
        f"数据库正常：PostgreSQL {facts.server_version}，存储引擎 {facts.storage or '未定'}",
        f"Database: PostgreSQL {facts.server_version}, storage {facts.storage or 'not chosen'}",
    )  # fmt: skip


def _schema(facts: Facts) -> Finding:
    if facts.pending:
        return Finding(
            "schema", BAD,
            f"缺少 {len(facts.pending)} 个数据库升级：{', '.join(facts.pending)}",
            f"{len(facts.pending)} migrations are missing: {', '.join(facts.pending)}",
            "运行 ./waypost migrate。", "Run ./waypost migrate.",
        )  # fmt: skip
    return Finding("schema", OK, "数据库结构为最新", "The schema is up to date")


def _ingest(facts: Facts) -> Finding:
    age_s = facts.heartbeat_age_s
    owners = ", ".join(facts.lease_owners)
    if age_s is None:
        return Finding(
            "ingest", BAD, "接入服务从未运行", "Ingest has never run",
            "运行 ./waypost ingest。", "Run ./waypost ingest.",
        )  # fmt: skip
    if age_s > limits.HEARTBEAT_MISSED_S:
        return Finding(
            "ingest", BAD,
            f"接入服务已 {age_s:.0f} 秒没有心跳（经消息代理与数据库）",
            f"No heartbeat of ingest through broker and database for {age_s:.0f} s",
            "查看消息代理与 ./waypost ingest 的日志；其间的缺勤判定为“无法判定”。",
            "Look at the broker and at the log of ./waypost ingest; what was due meanwhile "
            "is judged undeterminable.",
        )  # fmt: skip
    return Finding(
        "ingest", OK,
        f"接入服务正常：心跳 {age_s:.0f} 秒前，租约 {owners}",
        f"Ingest: heartbeat {age_s:.0f} s ago, leases held by {owners}",
    )  # fmt: skip


def _followers(facts: Facts) -> Finding:
    count, age_s = facts.unjudged_batches, facts.unjudged_age_s
    if age_s > _LAG_MAX_S:
        return Finding(
            "evaluation", BAD,
            f"{count} 批读数等待判定，最早的已 {age_s:.0f} 秒",
            f"{count} batches wait to be judged, the oldest for {age_s:.0f} s",
            "数据没有丢失。查看 ./waypost ingest 的日志。",
            "Nothing is lost. Look at the log of ./waypost ingest.",
        )  # fmt: skip
    return Finding(
        "evaluation", OK, f"判定无积压（{count} 批）", f"Judging keeps up ({count} batches waiting)"
    )


def _quarantine(facts: Facts) -> Finding:
    total = sum(count for _, count in facts.quarantine)
    if not total:
        return Finding(
            "quarantine", OK, "24 小时内无隔离消息", "Nothing went to quarantine in 24 hours"
        )
    reasons = ", ".join(f"{reason} {count}" for reason, count in facts.quarantine)
    newest = ""
    if facts.quarantine_newest is not None:
        at, topic, detail = facts.quarantine_newest
        newest = f" ({at:%Y-%m-%d %H:%M:%S} UTC, {topic}: {detail})"
    return Finding(
        "quarantine", NOTE,
        f"24 小时内 {total} 条消息被隔离：{reasons}；最新{newest}",
        f"{total} messages went to quarantine in 24 hours: {reasons}; newest{newest}",
        "在控制台或 /api/v1/quarantine 查看原因；修正后可重新处理。",
        "See why at /api/v1/quarantine; once the cause is gone they can be driven again.",
    )  # fmt: skip


def _dropped(facts: Facts) -> list[Finding]:
    if not facts.dropped:
        return []
    return [Finding(
        "dropped", NOTE,
        f"消息代理因队列已满丢弃了 {facts.dropped} 条消息；有发件箱的设备会重发",
        f"The broker dropped {facts.dropped} messages because a queue was full; "
        "devices with an outbox send them again",
        "确认接入服务在运行，并检查 mosquitto.conf 的 max_queued_messages 与 max_queued_bytes。",
        "See that ingest runs; look at max_queued_messages and max_queued_bytes in mosquitto.conf.",
    )]  # fmt: skip


def _partitions(facts: Facts) -> list[Finding]:
    days = facts.partition_days
    if days is None:
        return []
    if days < 1:
        return [Finding(
            "partitions", BAD, "明天的分区尚未建立", "Tomorrow has no partition yet",
            "运行 ./waypost schedule。", "Run ./waypost schedule.",
        )]  # fmt: skip
    return [Finding(
        "partitions", OK, f"分区已建到 {days} 天后", f"Partitions are made {days} days ahead"
    )]  # fmt: skip


def _calendar(facts: Facts) -> list[Finding]:
    if facts.calendar is None:
        return []
    return [Finding(
        "calendar", NOTE, facts.calendar["zh"], facts.calendar["en"],
        "运行 ./waypost patrol import FILE --kind calendar（列：day, kind, name, source）。",
        "Run ./waypost patrol import FILE --kind calendar (columns day, kind, name, source).",
    )]  # fmt: skip


def _broker(facts: Facts) -> Finding:
    if facts.broker_error is not None:
        return Finding(
            "broker", BAD,
            f"消息代理无法访问：{facts.broker_error}",
            f"The broker: {facts.broker_error}",
            "检查 Mosquitto 是否运行，以及 WAYPOST_MQTT_URL。",
            "Check that Mosquitto runs, and WAYPOST_MQTT_URL.",
        )  # fmt: skip
    return Finding("broker", OK, f"消息代理正常：{facts.broker}", f"Broker: {facts.broker}")


def _accounts(facts: Facts) -> list[Finding]:
    if facts.drift is None:
        return []
    findings = []
    if facts.drift:
        findings.append(Finding(
            "accounts", NOTE,
            f"消息代理的账号与数据库有 {facts.drift} 处不一致，几秒内自动修复",
            f"The broker's accounts differ from the database in {facts.drift} places; "
            "the schedule repairs that within seconds",
            "若持续存在，请运行 ./waypost schedule。",
            "If it stays, run ./waypost schedule.",
        ))  # fmt: skip
    if facts.shut_out:
        names = ", ".join(facts.shut_out[:5]) + (" …" if len(facts.shut_out) > 5 else "")
        findings.append(Finding(
            "accounts", BAD,
            f"{len(facts.shut_out)} 台设备无法登录消息代理：{names}",
            f"{len(facts.shut_out)} devices cannot log in at the broker: {names}",
            "重启 ./waypost up，或对每台运行 ./waypost device rotate ID。",
            "Restart ./waypost up, or run ./waypost device rotate ID for each.",
        ))  # fmt: skip
    if not findings:
        findings.append(Finding(
            "accounts", OK,
            f"消息代理的账号与数据库一致（{facts.devices} 台设备）",
            f"The broker's accounts equal the database ({facts.devices} devices)",
        ))  # fmt: skip
    return findings


def _disk(facts: Facts) -> Finding:
    free_mb = facts.disk_free_mb or 0
    if free_mb < _DISK_FREE_MIN_MB:
        return Finding(
            "disk", BAD,
            f"{facts.folder} 仅剩 {free_mb} MB",
            f"{facts.folder} has only {free_mb} MB left",
            "腾出空间，或换一个数据目录。", "Make room, or move the data folder.",
        )  # fmt: skip
    return Finding(
        "disk", OK, f"{facts.folder} 剩余 {free_mb} MB", f"{facts.folder} has {free_mb} MB left"
    )
