"""Patrol verification: how fast windows are judged, and how well cheats are found.

    python -m tests.bench.patrol [--fraud] [--small] [--json] [--runs N]

`--fraud` measures the cheat detectors (tests/bench/patrol_fraud.py), everything else the
judge (tests/bench/patrol_judge.py).
"""

from importlib import import_module


def main(argv: list[str]) -> int:
    fraud = "--fraud" in argv
    which = import_module(f"tests.bench.patrol_{'fraud' if fraud else 'judge'}")
    return int(which.main([word for word in argv if word != "--fraud"]))


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
