"""`./waypost test` and `./waypost bench`."""

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app.embedded import REPOSITORY
from core.errors import AppError


class NoSuchBench(AppError):
    """There is no such benchmark."""

    code = "no_such_bench"


def run(words: Sequence[str]) -> int:
    """pytest, with its own exit status brought to ours."""
    command = [sys.executable, "-m", "pytest", f"--rootdir={REPOSITORY}", *_paths(words), *words]
    status = subprocess.run(command, cwd=REPOSITORY, check=False).returncode
    return 0 if status == 0 else 2 if status == 4 else 1


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
