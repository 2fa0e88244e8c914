"""`./waypost test` and `./waypost bench`."""

import importlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from app.embedded import REPOSITORY
from core.errors import AppError


class NoSuchBench(AppError):
    """There is no such benchmark."""

    code = "no_such_bench"


# Most of what these do is wait, for what they broke to recover or for a browser to draw, so they
# run beside the others.
WAITING = (
    "tests/faults",
    "tests/integration/app",
    "tests/browser/test_accessibility.py",
    "tests/browser/test_desk.py",
    "tests/browser/test_shift.py",
)


def run(words: Sequence[str]) -> int:
    """pytest, with its own exit status brought to ours: the whole suite in two lanes, or what
    the words say in one."""
    statuses = [_pytest(*_paths(words), *words).wait()] if words else _two_lanes()
    return 0 if not any(statuses) else 2 if 4 in statuses else 1


def _two_lanes() -> list[int]:
    """The second lane is shown when it is done, so that the two do not speak at once."""
    others = [f"--ignore={REPOSITORY / path}" for path in WAITING]
    with tempfile.TemporaryFile() as said:
        waiting = _pytest(*(str(REPOSITORY / path) for path in WAITING), stdout=said)
        try:
            statuses = [_pytest(str(REPOSITORY / "tests"), *others).wait(), waiting.wait()]
        finally:
            waiting.terminate()
            waiting.wait()
            said.seek(0)
            print(said.read().decode(errors="replace"), flush=True)
    return statuses


def _pytest(*words: str, stdout: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", f"--rootdir={REPOSITORY}", *words]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=stdout)


def _paths(words: Sequence[str]) -> list[str]:
    named = any((Path.cwd() / word.split("::")[0]).exists() for word in words if word[0] != "-")
    return [] if named else [str(REPOSITORY / "tests")]


def bench(words: Sequence[str]) -> int:
    """The first word names the benchmark, the others are its own."""
    name = words[0] if words else ""
    if name in ("-h", "--help"):
        print(f"usage: waypost bench NAME [--small] [--json] …\nNAME: {', '.join(_names())}")
        return 0
    sys.path.insert(0, str(REPOSITORY))
    if not name.isidentifier() or importlib.util.find_spec(f"tests.bench.{name}") is None:
        found = _names()
        raise NoSuchBench(f"There is no benchmark {name!r}. There are: {', '.join(found)}.")
    return int(importlib.import_module(f"tests.bench.{name}").main(list(words[1:])))


def _names() -> list[str]:
    return sorted(
        path.stem
        for path in (REPOSITORY / "tests" / "bench").glob("*.py")
        if not path.stem.startswith("_") and "def main(" in path.read_text("utf-8")
    )
