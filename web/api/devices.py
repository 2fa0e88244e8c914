"""Devices and their credentials, people, organisations."""

from dataclasses import asdict
from functools import partial
from typing import Any

from fastapi import APIRouter

from core.values import Role
from devices import enrolment_io
from devices.enrolment import Enrolled
from web import pages_io
from web.edge import Work, edge
from web.schemas.devices import Credentials, NewDevice
from web.schemas.lists import DEFAULT, After, AfterText, Limit

router = APIRouter(tags=["devices"])


@router.get("/devices")
@edge(Role.DISPATCHER)
def list_devices(work: Work, limit: Limit = DEFAULT, after: AfterText = "") -> dict[str, Any]:
    """Enrolled devices by id, also revoked ones; never their passwords."""
    rows = enrolment_io.list_devices(work.conn, work.viewer, after=after, limit=limit)
    return pages_io.as_page(rows, rows[-1]["id"] if len(rows) == limit else None)


@router.post("/devices", status_code=201, response_model=Credentials)
@edge(Role.ADMIN)
def enrol_device(work: Work, body: NewDevice) -> dict[str, Any]:
    """Enrol a device. Its password is in this answer and nowhere else."""
    given = body.model_dump(exclude={"id", "org_id"}) | {"kind": str(body.kind)}
    org_id = work.viewer.org_id if body.org_id is None else body.org_id
    device, events = enrolment_io.enrol(
        work.conn, work.viewer, device_id=body.id, org_id=org_id, now=work.now, **given
    )
    work.record(events)
    return _credentials(work, "device.enrolled", device)


@router.post("/devices/{id}/rotate", response_model=Credentials)
@edge(Role.ADMIN)
def rotate_device(work: Work, id: str) -> dict[str, Any]:
    """A new password; the old one ends at once."""
    device, events = enrolment_io.rotate(work.conn, work.viewer, id, work.now)
    work.record(events)
    return _credentials(work, "device.rotated", device)


@router.delete("/devices/{id}", status_code=204)
@edge(Role.ADMIN)
def revoke_device(work: Work, id: str) -> None:
    """End a device for good."""
    work.record(enrolment_io.revoke(work.conn, work.viewer, id, work.now))
    work.audit("device.revoked", f"device:{id}")
    work.after_commit.append(partial(work.hooks.devices_changed, []))


@router.get("/people")
@edge(Role.VIEWER)
def list_people(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Officers and staff."""
    return pages_io.page_of_rows(work.conn, work.viewer, "people", after, limit)


@router.get("/orgs")
@edge(Role.VIEWER)
def list_orgs(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """The own organisation and everything below it."""
    return pages_io.page_of_rows(work.conn, work.viewer, "orgs", after, limit)


def _credentials(work: Work, action: str, device: Enrolled) -> dict[str, Any]:
    work.audit(action, f"device:{device.id}")
    work.after_commit.append(partial(work.hooks.devices_changed, [device]))
    return asdict(device) | {"user": device.id}
