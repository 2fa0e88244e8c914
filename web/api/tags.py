"""Tags at points, their keys, and what check-ins prove."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.values import Role
from devices import tag_keys_io
from devices.tag_keys import SUFFIX_DEFAULT, TagKey, parse_key, parse_suffix
from devices.tags import check_uid
from geo.patrol import proofs_io, tags_io
from web import pages_io
from web.edge import Work, edge
from web.schemas.lists import DEFAULT, After, Limit
from web.schemas.tags import NewKey, NewTag, PointPage, ProofFilter

router = APIRouter(prefix="/patrol", tags=["tags"])


@router.get("/proofs")
@edge(Role.VIEWER)
def list_proofs(work: Work, which: Annotated[ProofFilter, Query()]) -> dict[str, Any]:
    """Check-ins and what each proves as far as is known now."""
    given = which.model_dump()
    given["until"] = which.until or work.now + timedelta(hours=1)
    given["since"] = which.since or given["until"] - timedelta(hours=25)
    return tags_io.list_proofs(work.conn, work.viewer, **given)


@router.get("/tags")
@edge(Role.VIEWER)
def list_tags(
    work: Work, limit: Limit = DEFAULT, after: After = 0, point_id: int | None = None
) -> dict[str, Any]:
    """Which tag hung where, from when to when."""
    rows = tags_io.list_tags(work.conn, work.viewer, after, limit, point_id)
    return pages_io.as_page(rows, rows[-1]["id"] if len(rows) == limit else None)


@router.post("/tags", status_code=201)
@edge(Role.DISPATCHER)
def enrol_tag(work: Work, body: NewTag) -> dict[str, Any]:
    """Hang a tag at a point."""
    tag, events = tags_io.enrol(work.conn, work.viewer, **body.model_dump(), now=work.now)
    work.record(events)
    return tag


@router.post("/tags/{uid}/end")
@edge(Role.DISPATCHER)
def end_tag(work: Work, uid: str) -> dict[str, Any]:
    """Take a tag down."""
    tag, events = tags_io.end(work.conn, work.viewer, uid, work.now)
    work.record(events)
    return tag


@router.get("/tags/proposals")
@edge(Role.VIEWER)
def list_proposals(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Tags that officers ask to be hung at a point."""
    rows = tags_io.list_proposals(work.conn, work.viewer, after, limit)
    return pages_io.as_page(rows, rows[-1]["id"] if len(rows) == limit else None)


@router.post("/tags/proposals/{id}/confirm")
@edge(Role.DISPATCHER)
def confirm_proposal(work: Work, id: int) -> dict[str, Any]:
    """Hang it there."""
    body, events = tags_io.decide(work.conn, work.viewer, id, confirm=True, now=work.now)
    work.record(events)
    return body


@router.post("/tags/proposals/{id}/refuse")
@edge(Role.DISPATCHER)
def refuse_proposal(work: Work, id: int) -> dict[str, Any]:
    """Leave everything as it is."""
    body, events = tags_io.decide(work.conn, work.viewer, id, confirm=False, now=work.now)
    work.record(events)
    return body


@router.put("/points/{id}/page")
@edge(Role.DISPATCHER)
def write_page(work: Work, id: int, body: PointPage) -> dict[str, Any]:
    """What citizens read who scan the code of the point."""
    return tags_io.write_page(work.conn, work.viewer, id, zh=body.zh, en=body.en, now=work.now)


@router.get("/tag-keys")
@edge(Role.ADMIN)
def list_keys(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Versions of the keys of tags; never the keys."""
    pages_io.must_be_topmost(work.conn, work.viewer)
    rows = tag_keys_io.list_keys(work.conn, after, limit)
    return pages_io.as_page(rows, rows[-1]["id"] if len(rows) == limit else None)


@router.post("/tag-keys", status_code=201)
@edge(Role.ADMIN)
def rotate_key(work: Work, body: NewKey) -> dict[str, Any]:
    """A newer version; older ones verify until they are retired.

    Check-ins of the last 31 days that no key opened are proved again: `proved_again` of them
    came out otherwise.
    """
    pages_io.must_be_topmost(work.conn, work.viewer)
    suffix = SUFFIX_DEFAULT if body.suffix is None else parse_suffix(body.suffix)
    uid = None if body.uid is None else check_uid(body.uid)
    made = tag_keys_io.add_key(
        work.conn, work.hooks.tag_keks(), body.purpose, TagKey(parse_key(body.key), suffix),
        uid=uid, login=work.viewer.login, now=work.now,
    )  # fmt: skip
    work.audit("tag_key.added", f"tag_key:{made[0]}", purpose=body.purpose, version=made[1])
    proved = proofs_io.prove_keyless(work.conn, work.hooks.tag_keks(), work.now)
    work.record(proved)
    return {
        "id": made[0], "purpose": body.purpose, "version": made[1], "uid": uid,
        "proved_again": sum(one.kind == "checkin.proved_again" for one in proved),
    }  # fmt: skip


@router.post("/tag-keys/{id}/retire")
@edge(Role.ADMIN)
def retire_key(work: Work, id: int) -> dict[str, Any]:
    """From now on it verifies nothing."""
    pages_io.must_be_topmost(work.conn, work.viewer)
    tag_keys_io.retire_key(work.conn, id, work.now)
    work.audit("tag_key.retired", f"tag_key:{id}")
    return {"id": id, "retired": True}
