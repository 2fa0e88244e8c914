"""`./waypost tag …`: which tag hangs where, and the keys that tell a true one from a copy."""

import argparse
import csv
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.settings import Loaded, Settings
from core.errors import Invalid

_LOGIN = "command line"


def add_tag(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    enrol = actions.add_parser("enrol", help="hang a tag at a point")
    enrol.add_argument("uid", metavar="UID")
    enrol.add_argument("--point", required=True, metavar="ID", help="number, code or name")
    enrol.add_argument("--chip", choices=("uid", "sun"), default="uid",
                       help="sun: an NTAG 424 DNA that signs")  # fmt: skip
    end = actions.add_parser("end", help="take a tag down")
    end.add_argument("uid", metavar="UID")
    many = actions.add_parser("import", help="hang many from CSV: uid, point, chip")
    many.add_argument("file", type=Path, metavar="FILE")
    many.add_argument("--dry-run", action="store_true", help="only say what would hang")
    listing = actions.add_parser("list", help="which tag hung where, from when to when")
    for one in (enrol, end, many, listing, *_add_keys(actions)):
        one.add_argument("--json", action="store_true")
        one.add_argument("--data", type=Path, metavar="DIR", help="folder of the running Waypost")


def _add_keys(actions: Any) -> list[argparse.ArgumentParser]:
    key = actions.add_parser("key", help="keys of NTAG 424 DNA tags")
    doing = key.add_subparsers(dest="doing", metavar="ACTION", required=True)
    add = doing.add_parser("add", help="the first version of a key, or a further one")
    rotate = doing.add_parser("rotate", help="a newer version; older ones verify until retired")
    for one in (add, rotate):
        one.add_argument("purpose", choices=("meta", "file"))
        one.add_argument(
            "--key",
            metavar="FILE",
            type=Path,
            help="file with 32 hex digits; without it one is drawn and printed, this once",
        )
        one.add_argument("--uid", help="a key of this tag alone, used as it is")
        one.add_argument("--suffix", metavar="HEX",
                         help="behind the UID in the diversification")  # fmt: skip
    retire = doing.add_parser("retire", help="it verifies nothing any more")
    retire.add_argument("id", type=int, metavar="ID")
    listing = doing.add_parser("list", help="versions, never the keys")
    rewrap = doing.add_parser("rewrap", help="a new key-encryption key for all of them")
    return [add, rotate, retire, listing, rewrap]


def tag(args: argparse.Namespace, loaded: Loaded) -> int:
    from app.credentials import database

    with database(loaded) as (conn, settings):
        if args.action == "key":
            _KEYS[args.doing](args, conn, settings)
        else:
            _TAGS[args.action](args, conn)
    return 0


# ── tags ───────────────────────────────────────────────────────────────────


def _enrol(args: argparse.Namespace, conn: Any) -> None:
    from geo.patrol.tags import csv_rows

    rows = csv_rows([{"uid": args.uid, "point": args.point, "chip": args.chip}])
    _show(_hang(conn, rows, dry_run=False), as_json=args.json)


def _import(args: argparse.Namespace, conn: Any) -> None:
    from geo.patrol.tags import csv_rows

    try:
        with args.file.open(encoding="utf-8-sig", newline="") as file:
            rows = csv_rows(list(csv.DictReader(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"Cannot read {args.file}: {error}.") from None
    _show(_hang(conn, rows, dry_run=args.dry_run), as_json=args.json, dry_run=args.dry_run)


def _hang(conn: Any, rows: Sequence[Any], *, dry_run: bool) -> list[dict[str, Any]]:
    """All of them or none; a dry run does everything and takes it back."""
    from core.clock import now
    from core.events_io import append_events
    from geo.patrol.tags_io import enrol_rows

    with conn.transaction(force_rollback=dry_run):
        made, events = enrol_rows(conn, all_seeing(conn), rows, now())
        append_events(conn, events)
    return made


def _end(args: argparse.Namespace, conn: Any) -> None:
    from core.clock import now
    from core.events_io import append_events
    from geo.patrol.tags_io import end

    with conn.transaction():
        shape, events = end(conn, all_seeing(conn), args.uid, now())
        append_events(conn, events)
    _show([shape], as_json=args.json)


def _list(args: argparse.Namespace, conn: Any) -> None:
    from geo.patrol.tags_io import list_tags

    _show(list_tags(conn, all_seeing(conn), 0, 1_000_000), as_json=args.json)


def all_seeing(conn: Any, login: str = _LOGIN) -> Any:
    """Whoever may type commands here sees everything."""
    from core.values import OrgId, Role, Viewer
    from devices.enrolment_io import find_org

    orgs = frozenset(OrgId(id_) for (id_,) in conn.execute("SELECT id FROM org"))
    return Viewer(login, Role.ADMIN, OrgId(find_org(conn, None)), orgs)


def _show(rows: Sequence[dict[str, Any]], *, as_json: bool, dry_run: bool = False) -> None:
    for row in rows:
        if as_json:
            extra = {"dry_run": True} if dry_run else {}
            print(json.dumps(row | extra, default=str, ensure_ascii=False))
        else:
            ended = f"  until {row['ended_at']}" if row["ended_at"] else ""
            would = "would hang: " if dry_run else ""
            print(f"{would}{row['uid']:<20} {row['chip']:<4} {row['code']}  {row['point']}{ended}")


# ── keys ───────────────────────────────────────────────────────────────────


def _key_add(args: argparse.Namespace, conn: Any, settings: Settings) -> None:
    from app import place
    from core.clock import now
    from core.events_io import append_events
    from devices.tag_keys import KEK_BYTES, SUFFIX_DEFAULT, TagKey, parse_key, parse_suffix
    from devices.tag_keys_io import add_key
    from devices.tags import check_uid
    from geo.patrol.proofs_io import prove_keyless

    drawn = args.key is None
    try:
        text = secrets.token_hex(16) if drawn else args.key.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"Cannot read {args.key}: {error}.") from None
    suffix = SUFFIX_DEFAULT if args.suffix is None else parse_suffix(args.suffix)
    one = TagKey(parse_key(text), suffix)
    uid = None if args.uid is None else check_uid(args.uid)
    keks = place.read_keks(settings)
    if not keks:
        keks = [secrets.token_bytes(KEK_BYTES)]
        place.write_keks(settings, keks)
    at = now()
    with conn.transaction():
        id_, version = add_key(conn, keks, args.purpose, one, uid=uid, login=_LOGIN, now=at)
        append_events(conn, prove_keyless(conn, keks, at))
    shown = {"id": id_, "purpose": args.purpose, "version": version, "uid": uid,
             "suffix": suffix.hex()} | ({"key": text} if drawn else {})  # fmt: skip
    _say(shown, as_json=args.json)


def _key_retire(args: argparse.Namespace, conn: Any, _settings: Settings) -> None:
    from core.clock import now
    from devices.tag_keys_io import retire_key

    with conn.transaction():
        retire_key(conn, args.id, now())
    _say({"id": args.id, "retired": True}, as_json=args.json)


def _key_list(args: argparse.Namespace, conn: Any, _settings: Settings) -> None:
    from devices.tag_keys_io import list_keys

    for row in list_keys(conn):
        _say(row, as_json=args.json)


def _key_rewrap(args: argparse.Namespace, conn: Any, settings: Settings) -> None:
    """The new key stands in the file before anything is wrapped by it, the old one until all is."""
    from app import place
    from devices.tag_keys import KEK_BYTES, NoKek
    from devices.tag_keys_io import rewrap

    old = place.read_keks(settings)
    if not old:
        raise NoKek()
    keks = [secrets.token_bytes(KEK_BYTES), *old]
    place.write_keks(settings, keks)
    with conn.transaction():
        count = rewrap(conn, keks)
    place.write_keks(settings, keks[:1])
    _say({"rewrapped": count}, as_json=args.json)


def _say(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(shown, default=str))
    else:
        print("  ".join(f"{name} {value}" for name, value in shown.items() if value is not None))


_TAGS = {"enrol": _enrol, "end": _end, "import": _import, "list": _list}
_KEYS = {
    "add": _key_add, "rotate": _key_add, "retire": _key_retire, "list": _key_list,
    "rewrap": _key_rewrap,
}  # fmt: skip
