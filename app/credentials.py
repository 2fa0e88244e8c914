"""`./waypost device …` and `./waypost user …`."""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from app.settings import Loaded, Settings
from core.errors import AppError, Invalid

_ROLES = ("viewer", "squad", "dispatcher", "admin")


def add_device(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="enrol one; prints its password, this once")
    add.add_argument("kind", metavar="KIND", help="officer, vehicle, camera, dock, scanner, drone")
    add.add_argument("id", metavar="ID")
    add.add_argument("--org", help="organisation, by name or number (default: the topmost)")
    add.add_argument("--name")
    add.add_argument("--label", help="plate of a vehicle, badge of an officer")
    add.add_argument("--period", type=int, default=10, metavar="S", help="how often it reports")
    add.add_argument("--no-outbox", action="store_true", help="it knows no receipts (OwnTracks)")
    rotate = actions.add_parser("rotate", help="give it a new password; the old one ends")
    revoke = actions.add_parser("revoke", help="shut it out for good")
    for one in (rotate, revoke):
        one.add_argument("id", metavar="ID")
    many = actions.add_parser("import", help="enrol many from CSV: kind, id, org, name, label")
    many.add_argument("file", type=Path, metavar="FILE")
    listing = actions.add_parser("list", help="all devices")
    for one in (add, rotate, revoke, many, listing):
        _common(one)


def add_user(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make an account; prints its password, this once")
    add.add_argument("login", metavar="LOGIN")
    add.add_argument("--role", choices=_ROLES, default="viewer")
    add.add_argument("--org", help="organisation, by name or number (default: the topmost)")
    passwd = actions.add_parser("passwd", help="give it a new password; its sessions end")
    disable = actions.add_parser("disable", help="shut it out; its sessions end")
    token = actions.add_parser("token", help="make a token for a program")
    for one in (passwd, disable, token):
        one.add_argument("login", metavar="LOGIN")
    token.add_argument("--name", default="token", help="what it is for")
    listing = actions.add_parser("list", help="all accounts")
    for one in (add, passwd, disable, token, listing):
        _common(one)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the running Waypost")


def device(args: argparse.Namespace, loaded: Loaded) -> int:
    with database(loaded) as (conn, settings):
        actions = {
            "add": _device_add,
            "rotate": _device_rotate,
            "revoke": _device_revoke,
            "import": _device_import,
            "list": _device_list,
        }
        actions[args.action](args, conn, settings)
    return 0


def user(args: argparse.Namespace, loaded: Loaded) -> int:
    with database(loaded) as (conn, _settings):
        actions = {
            "add": _user_add,
            "passwd": _user_passwd,
            "disable": _user_disable,
            "token": _user_token,
            "list": _user_list,
        }
        actions[args.action](args, conn)
    return 0


# ── devices ────────────────────────────────────────────────────────────────


def _device_add(args: argparse.Namespace, conn: Any, settings: Settings) -> None:
    from core.clock import now
    from core.events_io import append_events
    from devices.enrolment_io import enrol, find_org

    with conn.transaction():
        made, events = enrol(
            conn,
            None,
            kind=args.kind,
            device_id=args.id,
            org_id=find_org(conn, args.org),
            name=args.name,
            label=args.label,
            period_s=args.period,
            outbox=not args.no_outbox,
            now=now(),
        )
        append_events(conn, events)
    _tell_broker(conn, settings, [made])
    _print_devices([made], as_json=args.json)


def _device_rotate(args: argparse.Namespace, conn: Any, settings: Settings) -> None:
    from core.clock import now
    from core.events_io import append_events
    from devices.enrolment_io import rotate

    with conn.transaction():
        made, events = rotate(conn, None, args.id, now())
        append_events(conn, events)
    _tell_broker(conn, settings, [made])
    _print_devices([made], as_json=args.json)


def _device_revoke(args: argparse.Namespace, conn: Any, settings: Settings) -> None:
    from core.clock import now
    from core.events_io import append_events
    from devices.enrolment_io import revoke

    with conn.transaction():
        append_events(conn, revoke(conn, None, args.id, now()))
    _tell_broker(conn, settings)
    _answer({"id": args.id, "revoked": True}, f"{args.id} is shut out.", as_json=args.json)


def _device_import(args: argparse.Namespace, conn: Any, settings: Settings) -> None:
    from core.clock import now
    from core.events_io import append_events
    from devices.enrolment import csv_rows
    from devices.enrolment_io import enrol, find_org

    try:
        with args.file.open(encoding="utf-8-sig", newline="") as file:
            rows = csv_rows(list(csv.DictReader(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"Cannot read {args.file}: {error}.") from None
    made = []
    with conn.transaction():  # all of them or none
        events = []
        for row in rows:
            one, some = enrol(
                conn,
                None,
                kind=row["kind"],
                device_id=row["id"],
                org_id=find_org(conn, row["org"] or None),
                name=row["name"] or None,
                label=row["label"] or None,
                now=now(),
            )
            made.append(one)
            events += some
        append_events(conn, events)
    _tell_broker(conn, settings, made)
    _print_devices(made, as_json=args.json)


def _device_list(args: argparse.Namespace, conn: Any, _settings: Settings) -> None:
    from devices.enrolment_io import list_devices

    rows = list_devices(conn, None, limit=1_000_000)
    _list(
        rows,
        lambda row: (
            f"{row['id']:<24} {row['kind']:<8} {row['org']:<16} {row['name']}"
            + ("  (revoked)" if row["revoked_at"] else "")
        ),
        as_json=args.json,
    )


def _tell_broker(conn: Any, settings: Settings, given: Sequence[Any] = ()) -> None:
    """Before anybody is told the password, so that it works at once."""
    from app.dynsec_io import tell_broker

    if settings.mqtt_admin_url:
        tell_broker(conn, settings.mqtt_admin_url, given)
    else:
        print("waypost: this broker is not administered by Waypost (WAYPOST_MQTT_ADMIN_URL is "
              "not set); change the account there by hand.", file=sys.stderr)  # fmt: skip


def _print_devices(made: Sequence[Any], *, as_json: bool) -> None:
    for one in made:
        shown = {
            "id": one.id,
            "user": one.id,
            "password": one.password,
            "part": one.part,
            "topic": one.topic,
        }
        _answer(
            shown,
            f"user      {one.id}\npassword  {one.password}\ntopic     {one.topic}/…",
            as_json=as_json,
        )


# ── accounts ───────────────────────────────────────────────────────────────


def _user_add(args: argparse.Namespace, conn: Any) -> None:
    from core.values import Role
    from devices.enrolment_io import find_org, new_password
    from web.accounts_io import create_account

    password = new_password()
    with conn.transaction():
        create_account(conn, args.login, password, Role(args.role), find_org(conn, args.org))
    _password(args, password)


def _user_passwd(args: argparse.Namespace, conn: Any) -> None:
    from devices.enrolment_io import new_password
    from web.accounts_io import set_password

    password = new_password()
    with conn.transaction():
        set_password(conn, args.login, password)
    _password(args, password)


def _user_disable(args: argparse.Namespace, conn: Any) -> None:
    from core.clock import now
    from web.accounts_io import disable_account

    with conn.transaction():
        disable_account(conn, args.login, now())
    _answer({"login": args.login, "disabled": True}, f"{args.login} is shut out.", args.json)


def _user_token(args: argparse.Namespace, conn: Any) -> None:
    from core.clock import now
    from web.accounts_io import create_token

    with conn.transaction():
        token = create_token(conn, args.login, args.name, now())
    _answer({"login": args.login, "name": args.name, "token": token}, token, args.json)


def _user_list(args: argparse.Namespace, conn: Any) -> None:
    from web.accounts_io import list_accounts

    _list(
        list_accounts(conn),
        lambda row: (
            f"{row['login']:<20} {row['role']:<12}"
            + (" (disabled)" if row.get("disabled_at") else "")
        ),
        as_json=args.json,
    )


def _password(args: argparse.Namespace, password: str) -> None:
    shown = {"login": args.login, "password": password}
    _answer(shown, f"login     {args.login}\npassword  {password}", args.json)


# ── both ───────────────────────────────────────────────────────────────────


@contextmanager
def database(loaded: Loaded) -> Iterator[tuple[Any, Settings]]:
    from app import place
    from core.db import connect
    from core.migrate import pending

    settings = place.connected(loaded)
    assert settings.database_url
    with connect(settings.database_url, autocommit=True) as conn:
        if pending(conn):
            raise AppError("The database lacks this version's schema. Run: ./waypost migrate")
        yield conn, settings


def _answer(shown: dict[str, Any], text: str, as_json: bool) -> None:
    print(json.dumps(shown, ensure_ascii=False) if as_json else text)


def _list(rows: Sequence[Any], line: Any, *, as_json: bool) -> None:
    for row in rows:
        print(json.dumps(row, default=_plain, ensure_ascii=False) if as_json else line(row))


def _plain(value: object) -> str:
    """Times as RFC 3339, whatever else as its text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
