"""`./waypost patrol …`: files of points, routes, rosters, calendar days and segments."""

import argparse
import json
from pathlib import Path
from typing import Any

from app.settings import Loaded
from core.errors import Invalid

_KINDS = ("points", "fences", "routes", "rosters", "calendar", "segments")


def add_patrol(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    take = actions.add_parser(
        "import", help="take in CSV, XLSX, GeoJSON, GeoPackage, Shapefile (zip), KML"
    )
    take.add_argument("file", type=Path, metavar="FILE")
    take.add_argument("--kind", required=True, choices=_KINDS)
    take.add_argument("--datum", default="wgs84", choices=("wgs84", "gcj02", "bd09", "cgcs2000"))
    take.add_argument("--dry-run", action="store_true", help="only say what would change")
    give = actions.add_parser("export", help="the points as a file that can be taken in again")
    give.add_argument("file", type=Path, metavar="FILE", help="ends in .csv, .geojson or .xlsx")
    for one in (take, give):
        one.add_argument("--json", action="store_true")
        one.add_argument("--data", type=Path, metavar="DIR", help="folder of the running Waypost")


def patrol(args: argparse.Namespace, loaded: Loaded) -> int:
    """Exit status 1 when a row was refused."""
    from app.credentials import database

    with database(loaded) as (conn, _):
        return (_import if args.action == "import" else _export)(args, conn)


def _import(args: argparse.Namespace, conn: Any) -> int:
    from app.tags import all_seeing
    from core.clock import now
    from core.events_io import append_events
    from geo.importers_io import BY_SUFFIX, converter, read_rows
    from geo.patrol.imports_io import take_in

    media = BY_SUFFIX.get(args.file.suffix.lower())
    if media is None:
        raise Invalid(f"A file ends in {', '.join(BY_SUFFIX)}; got {args.file.name}.")
    try:
        rows = read_rows(args.file.read_bytes(), media)
    except OSError as error:
        raise Invalid(f"Cannot read {args.file}: {error}.") from None
    with conn.transaction():
        report, events = take_in(
            conn, all_seeing(conn), args.kind, rows, converter(args.datum),
            dry_run=args.dry_run, now=now(),
        )  # fmt: skip
        append_events(conn, events)
    if args.json:
        print(json.dumps(report, default=str, ensure_ascii=False))
    else:
        _tell(report)
    return 1 if report["counts"]["refused"] else 0


def _tell(report: dict[str, Any]) -> None:
    for row in report["rows"]:
        changed = ", ".join(f"{k}: {a} → {b}" for k, (a, b) in row["changes"].items())
        why = f"{row['zh']} / {row['en']}" if row["action"] == "refused" else changed
        if row["action"] != "unchanged":
            print(f"{row['row']:>5}  {row['action']:<9} {row['name']}  {why}")
    counts = ", ".join(f"{count} {name}" for name, count in report["counts"].items() if count)
    windows = report["windows"]
    print(f"{'would be: ' if report['dry_run'] else ''}{counts}; "
          f"windows: {windows['created']} created, {windows['withdrawn']} withdrawn")  # fmt: skip


def _export(args: argparse.Namespace, conn: Any) -> int:
    from app.tags import all_seeing
    from geo.patrol.exports_io import export_points

    wanted = args.file.suffix.lower().removeprefix(".")
    if wanted not in ("csv", "geojson", "xlsx"):
        raise Invalid(f"A file ends in .csv, .geojson or .xlsx; got {args.file.name}.")
    args.file.write_bytes(export_points(conn, all_seeing(conn), wanted).body)
    return 0
