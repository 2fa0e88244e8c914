"""What Mosquitto's dynamic-security plugin must hold, and the way there from what it holds.

The wanted state follows from the database alone. Passwords are the exception: the plugin
never tells them and takes them only in clear, so a client carries the fingerprint of its
password's hash as `textname`, and a password that differs is a drift nobody can repair
from outside; the client is then shut out until it is rotated or the broker starts anew.
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from devices.enrolment import Credential
from devices.topics import HAND_MADE_PART, OWNTRACKS_ROOT, ROOT, part_text

INGEST: Final = "waypost-ingest"
GATEWAY: Final = "waypost-simulator"
ADMIN: Final = "waypost-admin"
SERVICE_PREFIX: Final = "waypost-"
CONTROL_TOPIC: Final = "$CONTROL/dynamic-security/v1"
COMMANDS_MAX: Final = 100  # in one message; 200 of long names outgrow the broker's packet limit

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acl:
    kind: str  # publishClientSend | publishClientReceive | subscribePattern | …
    topic: str


@dataclass(frozen=True, slots=True)
class Client:
    """One account at the broker, with the one role of the same name."""

    name: str
    acls: frozenset[Acl]
    disabled: bool
    fingerprint: str
    credential: Credential | None = None  # unknown when read back from the broker


State = Mapping[str, Client]


@dataclass(frozen=True, slots=True)
class DeviceAccount:
    """A row of `device`, as far as the broker is concerned."""

    id: str
    kind: str
    part: int
    salt: bytes | None
    hash: bytes | None
    iterations: int | None
    revoked: bool


def fingerprint(credential: Credential | None) -> str:
    """Tells two passwords apart without telling either."""
    if credential is None:
        return ""
    return hashlib.sha256(credential.salt + credential.hash).hexdigest()[:16]


def device_client(device: DeviceAccount) -> Client:
    """A device publishes to and hears from its own subtree, and nothing else."""
    own = f"{ROOT}/{part_text(device.part)}/{device.kind}/{device.id}"
    hand_made = f"{ROOT}/{HAND_MADE_PART}/{device.kind}/{device.id}"
    owntracks = f"{OWNTRACKS_ROOT}/{device.id}"
    acls = {
        Acl("publishClientSend", f"{own}/+"),
        Acl("publishClientSend", f"{hand_made}/+"),
        Acl("publishClientSend", f"{owntracks}/#"),
        Acl("publishClientReceive", f"{own}/+"),
        Acl("publishClientReceive", f"{owntracks}/#"),
        Acl("subscribePattern", f"{own}/+"),
        Acl("subscribePattern", f"{owntracks}/#"),
    }
    kept = None
    if device.salt is not None and device.hash is not None and device.iterations is not None:
        kept = Credential(bytes(device.salt), bytes(device.hash), device.iterations)
    disabled = device.revoked or kept is None
    return Client(device.id, frozenset(acls), disabled, fingerprint(kept), kept)


def service_clients(credentials: Mapping[str, Credential]) -> dict[str, Client]:
    """Our own accounts. Ingest hears everything and answers devices; the gateway speaks for
    every device; the administrator only administers.
    """
    everything = (f"{ROOT}/#", f"{OWNTRACKS_ROOT}/#")
    heartbeat = "waypost/heartbeat/#"  # how ingest sees that the broker delivers
    acls = {
        INGEST: {
            *(Acl(kind, topic) for topic in (*everything, heartbeat)
              for kind in ("publishClientSend", "publishClientReceive", "subscribePattern")),
            Acl("publishClientReceive", "$SYS/#"),
            Acl("subscribePattern", "$SYS/#"),
        },
        GATEWAY: {
            *(Acl(kind, topic) for topic in everything
              for kind in ("publishClientSend", "publishClientReceive", "subscribePattern")),
        },
        ADMIN: {
            Acl("publishClientSend", f"{CONTROL_TOPIC}/#"),
            Acl("publishClientReceive", f"{CONTROL_TOPIC}/#"),
            Acl("subscribePattern", f"{CONTROL_TOPIC}/#"),
            Acl("publishClientReceive", "$SYS/#"),
            Acl("subscribePattern", "$SYS/#"),
        },
    }  # fmt: skip
    return {
        name: Client(name, frozenset(acls[name]), False, fingerprint(kept), kept)
        for name, kept in credentials.items()
    }


def desired(devices: Sequence[DeviceAccount], services: Mapping[str, Client]) -> dict[str, Client]:
    """Everybody who may log in, by name. Devices never had an account are left out."""
    return {
        **{device.id: device_client(device) for device in devices if device.salt is not None},
        **services,
    }


# ── the plugin's own file ──────────────────────────────────────────────────


def to_file(state: State) -> dict[str, Any]:
    """`dynsec.json` as the plugin reads it when the broker starts."""
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [
            {
                "username": one.name,
                "textname": one.fingerprint,
                "roles": [{"rolename": one.name}],
                "disabled": one.disabled,
                **_password(one.credential),
            }
            for one in state.values()
        ],
        "groups": [],
        "roles": [{"rolename": one.name, "acls": _acls(one.acls)} for one in state.values()],
    }


def _password(credential: Credential | None) -> dict[str, Any]:
    assert credential is not None, "an account without a password would let anybody in"
    return {
        "password": b64encode(credential.hash).decode(),
        "salt": b64encode(credential.salt).decode(),
        "iterations": credential.iterations,
    }


def _acls(acls: frozenset[Acl]) -> list[dict[str, Any]]:
    ordered = sorted(acls, key=lambda acl: (acl.kind, acl.topic))
    return [{"acltype": acl.kind, "topic": acl.topic, "allow": True} for acl in ordered]


# ── the plugin's answers and commands ──────────────────────────────────────


def from_answers(
    clients: Sequence[Mapping[str, Any]], roles: Sequence[Mapping[str, Any]]
) -> dict[str, Client]:
    """What the broker holds, from `listClients` and `listRoles`, both verbose."""
    acls = {
        role["rolename"]: frozenset(
            Acl(acl["acltype"], acl["topic"]) for acl in role.get("acls", ()) if acl.get("allow")
        )
        for role in roles
    }
    return {
        client["username"]: Client(
            client["username"],
            frozenset().union(
                *(acls.get(role["rolename"], frozenset()) for role in client.get("roles", ()))
            ),
            bool(client.get("disabled", False)),
            client.get("textname", ""),
        )
        for client in clients
    }


def plan(wanted: State, actual: State) -> list[Command]:
    """Commands that make `actual` equal to `wanted`; none when it is already."""
    commands: list[Command] = []
    for name in sorted(actual.keys() - wanted.keys()):
        commands += [
            {"command": "deleteClient", "username": name},
            {"command": "deleteRole", "rolename": name},
        ]
    for name, one in wanted.items():
        commands += _repair(one, actual.get(name))
    return commands


def _repair(wanted: Client, actual: Client | None) -> list[Command]:
    if actual is None:
        # Without its password, which only its maker knows, it can be no more than a closed door.
        # A revoked one too: what we remember of the broker may be older than the device.
        return [*_create(wanted, password=None), _close(wanted.name)]
    commands: list[Command] = []
    if wanted.acls != actual.acls:
        commands += [
            {"command": "modifyRole", "rolename": wanted.name, "acls": _acls(wanted.acls)},
            {
                "command": "modifyClient",
                "username": wanted.name,
                "roles": [{"rolename": wanted.name}],
            },
        ]
    shut = wanted.disabled or wanted.fingerprint != actual.fingerprint
    if shut and not actual.disabled:
        commands.append(_close(wanted.name))
    if not shut and actual.disabled:
        commands.append({"command": "enableClient", "username": wanted.name})
    return commands


def shut_out(wanted: State, actual: State) -> list[str]:
    """Devices that may log in but cannot: the broker does not know their password."""
    return sorted(
        name
        for name, one in wanted.items()
        if not one.disabled and (name not in actual or actual[name].fingerprint != one.fingerprint)
    )


def admit(client: Client, password: str, known: bool) -> list[Command]:
    """Commands that let a device in with a password it was just given."""
    if not known:
        return _create(client, password)
    return [
        {"command": "modifyRole", "rolename": client.name, "acls": _acls(client.acls)},
        {
            "command": "modifyClient",
            "username": client.name,
            "password": password,
            "textname": client.fingerprint,
            "roles": [{"rolename": client.name}],
        },
        # A live connection that logged in with the old password ends here.
        _close(client.name),
        {"command": "enableClient", "username": client.name},
    ]


def _create(client: Client, password: str | None) -> list[Command]:
    account: Command = {
        "command": "createClient",
        "username": client.name,
        "textname": client.fingerprint if password else "",
        "roles": [{"rolename": client.name}],
    }
    if password:
        account["password"] = password
    return [
        {"command": "createRole", "rolename": client.name, "acls": _acls(client.acls)},
        account,
    ]


def _close(name: str) -> Command:
    return {"command": "disableClient", "username": name}
