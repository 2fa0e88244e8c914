import json
from dataclasses import replace

import pytest

from app.dynsec import (
    ADMIN,
    COMMANDS_MAX,
    GATEWAY,
    INGEST,
    Acl,
    Client,
    DeviceAccount,
    desired,
    device_client,
    from_answers,
    plan,
    service_clients,
    shut_out,
    to_file,
)
from core import limits
from devices.enrolment import SALT_BYTES, credential
from devices.topics import part_of

KEPT = credential("a password", b"s" * SALT_BYTES)
DEVICE = DeviceAccount(
    "officer-1", "officer", part_of("officer-1"), KEPT.salt, KEPT.hash, KEPT.iterations, False
)
OWN = device_client(DEVICE)


def at_broker(client: Client) -> Client:
    """The client as the broker tells of it: its password stays unknown."""
    return replace(client, credential=None)


def test_a_device_may_touch_its_own_subtree_alone() -> None:
    assert OWN.acls == {
        Acl("publishClientSend", "waypost/v1/2d/officer/officer-1/+"),
        Acl("publishClientSend", "waypost/v1/_/officer/officer-1/+"),
        Acl("publishClientSend", "owntracks/officer-1/#"),
        Acl("publishClientReceive", "waypost/v1/2d/officer/officer-1/+"),
        Acl("publishClientReceive", "owntracks/officer-1/#"),
        Acl("subscribePattern", "waypost/v1/2d/officer/officer-1/+"),
        Acl("subscribePattern", "owntracks/officer-1/#"),
    }


def test_a_device_without_a_password_has_no_account() -> None:
    assert desired([replace(DEVICE, salt=None, hash=None, iterations=None)], {}) == {}


def test_only_the_administrator_may_change_accounts() -> None:
    services = service_clients(dict.fromkeys((INGEST, GATEWAY, ADMIN), KEPT))
    controllers = {
        name for name, one in services.items() if any("$CONTROL" in acl.topic for acl in one.acls)
    }
    assert controllers == {ADMIN}


def test_an_equal_broker_is_left_alone() -> None:
    wanted = desired([DEVICE, replace(DEVICE, id="b", revoked=True)], {})
    actual = {name: at_broker(one) for name, one in wanted.items()}
    assert plan(wanted, actual) == []
    assert shut_out(wanted, actual) == []


@pytest.mark.parametrize(
    ("actual", "commands"),
    [
        (None, ["createRole", "createClient", "disableClient"]),
        (replace(OWN, disabled=True), ["enableClient"]),
        (replace(OWN, fingerprint="other"), ["disableClient"]),
        (replace(OWN, fingerprint="other", disabled=True), []),
        (replace(OWN, acls=frozenset()), ["modifyRole", "modifyClient"]),
    ],
    ids=["unknown", "shut by hand", "other password", "waits for a password", "other rights"],
)
def test_what_drifted_is_repaired(actual: Client | None, commands: list[str]) -> None:
    known = {} if actual is None else {OWN.name: actual}
    assert [one["command"] for one in plan({OWN.name: OWN}, known)] == commands


@pytest.mark.parametrize("known", [False, True])
def test_the_longest_names_fit_into_a_packet(known: bool) -> None:
    """A packet the broker finds too large ends the connection, this time and every time."""
    devices = [replace(DEVICE, id=f"{n:064d}") for n in range(COMMANDS_MAX)]
    old = {one.id: replace(device_client(one), acls=frozenset()) for one in devices}
    commands = plan(desired(devices, {}), old if known else {})[:COMMANDS_MAX]
    assert len(commands) == COMMANDS_MAX
    marked = [one | {"correlationData": "f" * 16} for one in commands]
    assert len(json.dumps({"commands": marked})) < limits.PACKET_BYTES_MAX - 128


def test_a_revoked_device_is_shut_out() -> None:
    wanted = desired([replace(DEVICE, revoked=True)], {})
    assert plan(wanted, {OWN.name: at_broker(OWN)}) == [
        {"command": "disableClient", "username": "officer-1"}
    ]


def test_a_revoked_device_the_broker_seems_not_to_know_is_shut_out_too() -> None:
    wanted = desired([replace(DEVICE, revoked=True)], {})
    assert plan(wanted, {})[-1] == {"command": "disableClient", "username": "officer-1"}


def test_a_stranger_made_by_hand_is_removed() -> None:
    assert [one["command"] for one in plan({}, {"x": at_broker(OWN)})] == [
        "deleteClient",
        "deleteRole",
    ]


def test_a_device_whose_password_the_broker_lacks_is_named() -> None:
    assert shut_out({OWN.name: OWN}, {OWN.name: replace(OWN, fingerprint="other")}) == [OWN.name]
    assert shut_out({OWN.name: OWN}, {}) == [OWN.name]


def test_the_file_and_the_answers_tell_the_same() -> None:
    wanted = desired([DEVICE], service_clients({INGEST: KEPT}))
    file = to_file(wanted)
    assert from_answers(file["clients"], file["roles"]) == {
        name: at_broker(one) for name, one in wanted.items()
    }
    assert file["defaultACLAccess"]["publishClientSend"] is False
    assert file["defaultACLAccess"]["subscribe"] is False
    assert file["defaultACLAccess"]["publishClientReceive"] is False
