"""`./waypost gas …`: files of a gas centre, of any length, into the ledger; registers as well."""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from app.settings import Loaded
from core.errors import Invalid

Shape = dict[str, Any]
PIECE: Final = 2_000  # lines of one transaction
COUNTS: Final = ("created", "unchanged", "refused")
REGISTERS: Final = ("company", "site", "vehicle", "route", "courier", "user")


def add_gas(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    events = actions.add_parser("import", help="cylinder events from NDJSON or CSV")
    events.add_argument("file", type=Path, metavar="FILE")
    events.add_argument("--system", required=True, metavar="NAME", help="whose records these are")
    events.add_argument("--from-line", type=int, default=1, metavar="N",
                        help="go on where an import was broken off")  # fmt: skip
    events.add_argument("--refused", type=Path, metavar="CSV",
                        help="write the refused lines with their reasons there")  # fmt: skip
    register = actions.add_parser("register", help="entries of a register from a table")
    register.add_argument("file", type=Path, metavar="FILE")
    register.add_argument("--kind", required=True, choices=REGISTERS)
    register.add_argument("--dry-run", action="store_true", help="only say what would change")
    for one in (events, register):
        one.add_argument("--datum", default="wgs84", help="wgs84, gcj02, bd09 or cgcs2000")
        one.add_argument("--json", action="store_true")
        one.add_argument("--data", type=Path, metavar="DIR", help="folder of the running Waypost")


def gas(args: argparse.Namespace, loaded: Loaded) -> int:
    from app.credentials import database

    with database(loaded) as (conn, _settings):
        try:
            return _events(args, conn) if args.action == "import" else _register(args, conn)
        except OSError as error:
            raise Invalid(f"Cannot read {args.file}: {error}.") from None


def _events(args: argparse.Namespace, conn: Any) -> int:
    """Piece by piece, each its own transaction; sent again, nothing is doubled."""
    from app.tags import all_seeing

    viewer = all_seeing(conn)
    found: Shape = {"counts": dict.fromkeys(COUNTS, 0), "refused": [], "failed": []}
    done = args.from_line - 1
    try:
        with args.file.open("rb") as file:
            for last, lines in _pieces(file, args.file, args.from_line):
                _piece(args, conn, viewer, lines, found)
                done = last
                counts = found["counts"]
                print(f"\r{done:,} lines · {counts}", end="", file=sys.stderr, flush=True)
                if conn.closed:  # no other piece would fare better
                    break
    except KeyboardInterrupt:
        first = min([done + 1, *(one["first"] for one in found["failed"])])
        print(f"\nBroken off. Go on with --from-line {first}.", file=sys.stderr)
        return 130
    print(file=sys.stderr)
    _tell(args, found)
    return 0 if not found["refused"] and not found["failed"] else 1


def _piece(args: argparse.Namespace, conn: Any, viewer: Any, lines: Any, found: Shape) -> None:
    """One transaction; where it fails it is written down, and the others are taken all the same."""
    import psycopg

    from core.clock import now
    from core.events_io import append_events
    from geo.gas.imports_io import take_in

    try:
        with conn.transaction():
            report, events = take_in(conn, viewer, lines, system=args.system, datum=args.datum,
                                     now=now())  # fmt: skip
            append_events(conn, events)
    except psycopg.Error as error:
        why = str(error).partition("\n")[0]
        found["failed"].append({"first": lines[0].no, "last": lines[-1].no, "why": why})
        return
    for name in COUNTS:
        found["counts"][name] += report["counts"][name]
    found["refused"] += report["refused"]


def _pieces(file: BinaryIO, name: Path, first: int) -> Iterator[tuple[int, Any]]:
    """(number of the last line, lines), from line `first` on."""
    from geo.gas.lines import heading_of, lines_of
    from geo.patrol.imports import Refused

    heading = None
    at = 1
    if name.suffix.lower() == ".csv":
        try:
            heading, at = heading_of(file.readline()), 2
        except Refused as error:
            raise Invalid(f"The heading of {name} cannot be read: {error}.") from None
    while raw := list(islice(file, PIECE)):
        wanted = raw[max(0, first - at) :]
        lines = lines_of(b"".join(wanted), csv_heading=heading, first=max(first, at))
        at += len(raw)
        if lines:
            yield at - 1, lines


def _tell(args: argparse.Namespace, found: Shape) -> None:
    sums, bad, failed = found["counts"], found["refused"], found["failed"]
    if args.refused is not None:
        with args.refused.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["line", "event_id", "zh", "en"])
            writer.writerows((row["row"], row["name"], row["zh"], row["en"]) for row in bad)
    for one in failed:
        print(f"Lines {one['first']} to {one['last']} were not taken: {one['why']}.",
              file=sys.stderr)  # fmt: skip
    if failed:
        print(f"Go on with --from-line {failed[0]['first']}.", file=sys.stderr)
    if args.json:
        print(json.dumps(found, default=str, ensure_ascii=False))
        return
    for row in bad[:50]:
        print(f"line {row['row']}: {row['zh']} / {row['en']}")
    print(f"{sums['created']:,} stored, {sums['unchanged']:,} known, {sums['refused']:,} refused")


def _register(args: argparse.Namespace, conn: Any) -> int:
    from app.tags import all_seeing
    from core.clock import now
    from core.events_io import append_events
    from geo.gas.registers_io import take_in
    from geo.importers_io import BY_SUFFIX, read_rows

    media = BY_SUFFIX.get(args.file.suffix.lower(), "")
    rows = read_rows(args.file.read_bytes(), media)
    with conn.transaction():
        report, events = take_in(conn, all_seeing(conn), args.kind, rows, datum=args.datum,
                                 dry_run=args.dry_run, now=now())  # fmt: skip
        append_events(conn, events)
    if args.json:
        print(json.dumps(report, default=str, ensure_ascii=False))
    else:
        for row in report["rows"]:
            if row["action"] == "refused":
                print(f"row {row['row']}: {row['zh']} / {row['en']}")
        print(", ".join(f"{n:,} {name}" for name, n in report["counts"].items()))
    return 0 if not report["counts"]["refused"] else 1
