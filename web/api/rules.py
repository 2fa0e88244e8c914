"""Rule versions: thresholds as data, tried on the past before they count."""

from typing import Any

from fastapi import APIRouter

from core.values import Role
from geo.patrol import backtest_io, rules_io
from geo.patrol.rules import rule_of
from web.edge import Work, edge
from web.schemas.patrol import Activation, BackTest, NewRule

router = APIRouter(prefix="/patrol/rules", tags=["patrol"])


@router.get("")
@edge(Role.VIEWER)
def list_rules(work: Work) -> dict[str, Any]:
    """Every version, which is in force, and the built-in one in full."""
    return rules_io.list_rules(work.conn, work.now)


@router.post("", status_code=201)
@edge(Role.ADMIN)
def add_rule(work: Work, body: NewRule) -> dict[str, Any]:
    """Keep a version: what differs from the built-in rule. It counts once it is activated."""
    shape, events = rules_io.add_rule(
        work.conn, work.viewer, body.version, body.body, note=body.note, now=work.now
    )
    work.record(events)
    return shape


@router.post("/{version}/activate")
@edge(Role.ADMIN)
def activate_rule(work: Work, version: str, body: Activation) -> dict[str, Any]:
    """In force from a moment on; windows of before then keep theirs."""
    start = body.valid_from or work.now
    work.record(rules_io.activate_rule(work.conn, work.viewer, version, start, work.now))
    work.audit("rule.activated", f"rule:{version}", valid_from=start.isoformat())
    return rules_io.list_rules(work.conn, work.now)


@router.post("/backtest")
@edge(Role.DISPATCHER)
def back_test(work: Work, body: BackTest) -> dict[str, Any]:
    """Which verdicts of a span a rule would change. Nothing is written."""
    rules = backtest_io.only(rule_of("candidate", body.body))
    return backtest_io.back_test(work.conn, work.viewer, rules, body.from_at, body.to, now=work.now)
