"""Who is enrolled: the facts ingest needs to know whose message it holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Device:
    no: int
    id: str
    kind: str
    part: int
    org_id: int
    period_s: int
    outbox: bool
    revoked: bool


Registry = dict[str, Device]
"""Devices by id."""
