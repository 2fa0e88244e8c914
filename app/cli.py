"""The command line. Each command imports what it needs when it runs, so that all start fast."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import settings as settings_module
from app.settings import Loaded
from core.errors import AppError

# Errors about the words of a command, rather than about what it did.
_USAGE = frozenset({"wrong_setting", "no_such_bench", "invalid"})

Command = Callable[[argparse.Namespace, Loaded], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 failed with a sentence, 2 wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in _PASS_ON:
            return _PASS_ON[words[0]](words[1:], settings_module.load())
        args = build().parse_args(words)
        run: Command = args.run
        return run(args, _loaded(args))
    except AppError as error:
        print(f"waypost: {error}", file=sys.stderr)
        return 2 if error.code in _USAGE else 1
    except BrokenPipeError:
        # Whoever read our output has had enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_database_away(error):
            raise
        print(f"waypost: the database does not answer: {error}", file=sys.stderr)
        return 1


def _is_database_away(error: Exception) -> bool:
    import psycopg

    return isinstance(error, psycopg.OperationalError)


def _loaded(args: argparse.Namespace) -> Loaded:
    """The settings, with what the command line says on top."""
    loaded = settings_module.load()
    said = {
        name: value for name in ("port", "data") if (value := getattr(args, name, None)) is not None
    }
    return Loaded(replace(loaded.settings, **said), loaded.given | frozenset(said))


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./waypost", description="Waypost 巡哨: field telemetry and dispatch."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_boxes, _add_services, _add_database, _add_people, _add_judge, _name_others):
        add(commands)
    return parser


Commands = Any  # argparse has no public name for what add_subparsers returns


def _command(commands: Commands, name: str, run: Command, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    return parser


# ── everything on one machine ──────────────────────────────────────────────


def _add_boxes(commands: Commands) -> None:
    demo = _command(commands, "demo", _demo, "everything on one machine, with a simulated district")
    up = _command(commands, "up", _up, "everything on one machine, without the simulator")
    for one in (demo, up):
        one.add_argument("--port", type=int, help="port of the console (default 8080)")
        one.add_argument("--data", type=Path, metavar="DIR", help="folder for everything kept")
        one.add_argument(
            "--headless", action="store_true", help="one JSON line when ready, no colour"
        )
    _add_fleet(demo)
    demo.add_argument("--no-simulator", action="store_true", help="publish nothing")


def _add_fleet(parser: argparse.ArgumentParser) -> None:
    """Passed on to the simulator, which knows what is usual."""
    for name in FLEET:
        parser.add_argument(f"--{name}", type=int, metavar="N", help="how many")
    parser.add_argument("--speed", type=float, help="time factor (default 1)")
    parser.add_argument("--seed", type=int, help="another number, another district")


FLEET = ("officers", "vehicles", "cameras", "points", "cylinders")


def _demo(args: argparse.Namespace, loaded: Loaded) -> int:
    from app import box, demo

    fleet = {name: getattr(args, name) for name in (*FLEET, "speed", "seed")}
    words = [word for name, value in fleet.items() if value is not None
             for word in (f"--{name}", str(value))]  # fmt: skip
    return box.run(loaded, demo.plan(words, args.headless, simulator=not args.no_simulator))


def _up(args: argparse.Namespace, loaded: Loaded) -> int:
    from app import box

    return box.run(loaded, box.Plan(demo=False, headless=args.headless))


# ── one service each ───────────────────────────────────────────────────────


def _add_services(commands: Commands) -> None:
    _command(commands, "ingest", _ingest, "MQTT to database, and judging what was stored")
    _command(commands, "evaluate", _evaluate, "judge stored readings, apart from ingest")
    schedule = _command(commands, "schedule", _schedule, "what happens by the clock")
    schedule.add_argument("--district", type=json.loads, help=argparse.SUPPRESS)
    serve = _command(commands, "serve", _serve, "console, API and sockets")
    serve.add_argument("--port", type=int, help="port of the console (default 8080)")
    serve.add_argument("--demo", action="store_true", help=argparse.SUPPRESS)


def _ingest(_args: argparse.Namespace, loaded: Loaded) -> int:
    from app import bootstrap, place

    return bootstrap.run_ingest(place.connected(loaded))


def _evaluate(_args: argparse.Namespace, loaded: Loaded) -> int:
    from app import bootstrap, place

    return bootstrap.run_evaluate(place.connected(loaded))


def _schedule(args: argparse.Namespace, loaded: Loaded) -> int:
    from app import bootstrap, place

    return bootstrap.run_schedule(place.connected(loaded), args.district)


def _serve(args: argparse.Namespace, loaded: Loaded) -> int:
    from app import bootstrap, place

    return bootstrap.run_web(place.connected(loaded), demo=args.demo)


# ── schema and health ──────────────────────────────────────────────────────


def _add_database(commands: Commands) -> None:
    migrate = _command(commands, "migrate", _migrate, "bring the database to this version's schema")
    doctor = _command(commands, "doctor", _doctor, "what is wrong, and what to do")
    for one in (migrate, doctor):
        one.add_argument("--json", action="store_true")
        one.add_argument("--data", type=Path, metavar="DIR", help=argparse.SUPPRESS)


def _migrate(args: argparse.Namespace, loaded: Loaded) -> int:
    from app import place
    from core.db import connect
    from core.migrate import migrate

    settings = place.connected(loaded)
    assert settings.database_url
    with connect(settings.database_url, autocommit=True) as conn:
        done = migrate(conn)
    if args.json:
        print(json.dumps({"storage": done.storage, "applied": done.applied}))
    else:
        applied = ", ".join(done.applied) or "nothing to do"
        print(f"{done.storage}: {applied}")
    return 0


def _doctor(args: argparse.Namespace, loaded: Loaded) -> int:
    from app import doctor_io

    return doctor_io.run(loaded, as_json=args.json)


# ── patrol ─────────────────────────────────────────────────────────────────


def _add_judge(commands: Commands) -> None:
    from app import judge

    help = "judge past windows again, also by rules not in force yet; writes nothing"
    judge.add_words(_command(commands, "judge", judge.run, help))


# ── traffic ────────────────────────────────────────────────────────────────


def _simulate(words: Sequence[str], loaded: Loaded) -> int:
    from app import place, simulate
    from core import log

    log.set_up("simulate", loaded.settings.log_level)
    return simulate.run(place.connected(loaded), words)


def _replay(words: Sequence[str], loaded: Loaded) -> int:
    from app import place, replay
    from core import log

    log.set_up("replay", loaded.settings.log_level)
    return replay.run(place.connected(loaded), words)


# ── devices and accounts ───────────────────────────────────────────────────


def _add_people(commands: Commands) -> None:
    from app import credentials, gas, patrol, tags

    credentials.add_device(_command(commands, "device", credentials.device, "device credentials"))
    credentials.add_user(_command(commands, "user", credentials.user, "accounts"))
    tags.add_tag(_command(commands, "tag", tags.tag, "NFC tags at points, and their keys"))
    help = "take in and give out points, routes, rosters, calendar days and segments"
    patrol.add_patrol(_command(commands, "patrol", patrol.patrol, help))
    help = "take in files of a gas centre, and its registers"
    gas.add_gas(_command(commands, "gas", gas.gas, help))


# ── tests ──────────────────────────────────────────────────────────────────


def _test(words: Sequence[str], _loaded: Loaded) -> int:
    from app import checks

    return checks.run(words)


def _bench(words: Sequence[str], _loaded: Loaded) -> int:
    from app import checks

    return checks.bench(words)


# These read their own words: whatever follows is theirs, options included.
_PASS_ON: dict[str, Callable[[Sequence[str], Loaded], int]] = {
    "simulate": _simulate,
    "replay": _replay,
    "test": _test,
    "bench": _bench,
}


def _name_others(commands: Commands) -> None:
    """So that --help lists them too; `main` never lets argparse come to them."""
    for name, help in (
        ("simulate", "publish a simulated fleet"),
        ("replay", "publish a recorded track: GPX, CSV, NDJSON"),
        ("test", "the whole test suite; further words go to pytest"),
        ("bench", "measure; the first word names the benchmark"),
    ):
        commands.add_parser(name, help=help)


if __name__ == "__main__":
    sys.exit(main())
