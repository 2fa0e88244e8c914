"""What happened: the one door through which anything changes.

MQTT, REST and the clock all end as events. Events are only ever added. The
console is a snapshot plus the events after it, so the body of an event that
changes a thing carries that whole thing as the snapshot would show it:

    task.*      {"task": {...}}          alarm.*   {"alarm": {...}}
    window.*    {"window": {...}}        fence.*   {"fence": {...}}
    point.*     {"point": {...}}         unit.*    {"unit": {...}}
    crossing.*  {"crossing": {...}}      others    what their noun's module says
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the record. `at` is when it happened, by the best clock known."""

    kind: str
    at: datetime
    org_id: int
    body: dict[str, Any] = field(default_factory=dict)
    device_no: int | None = None
    task_id: int | None = None
    actor: str | None = None  # login, `device:<id>` or `system`
