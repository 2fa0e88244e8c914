"""The architecture, as an ordinary test. Prose rules rot; this one fails."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

# A package may import itself and whatever stands on a line above it.
LAYERS = [
    {"core"},
    {"devices"},
    {"geo"},
    {"dispatch"},
    {"ingest", "web"},  # siblings: neither knows the other
    {"app"},
]
# `ingest` hands readings to evaluators it does not know; app/bootstrap introduces them.
STRANGERS = {"ingest": {"geo", "dispatch"}}

# In these packages only *_io.py may touch the world; `ls` shows the border.
# ingest, web and app are edges: all shell, but for the parts named here.
EDGES = {"ingest", "web", "app"}
PURE_ON_THE_EDGE = {
    "ingest.batch",
    "ingest.columns",
    "ingest.decode",
    "ingest.frames",
    "ingest.routes",
    "ingest.store",
    "web.live.hub",
    "app.restarts",
    "app.dynsec",
    "app.district",
    "app.district_segments",
}
PLUMBING = {"core.clock", "core.db", "core.log", "core.migrate", "core.sql"}
WORLD = {
    "asyncio", "fastapi", "geopandas", "httpx", "importlib", "logging", "os", "paho",
    "pathlib", "psycopg", "psycopg_pool", "socket", "subprocess", "threading", "time",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}
# What people write; files without a suffix are the launcher, the licence and the CI's entry.
WRITTEN = {".py", ".js", ".sql", ".css", ".html", ".md", ".toml", ".yaml", ".conf", ".lock", ""}
LINES_MAX = 420
FUNCTION_LINES_MAX = 60

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(package for layer in LAYERS for package in layer)
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TOP_LEVEL = {
    *PACKAGES, "tests", "docs", "deploy", "waypost", "mosquitto.conf", "pyproject.toml",
    "README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE", ".ci", ".gitignore",
    "requirements.lock", "requirements-dev.lock",
}  # fmt: skip


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def is_pure(name: str) -> bool:
    if name.partition(".")[0] in EDGES:
        return name in PURE_ON_THE_EDGE
    return not name.endswith("_io") and name not in PLUMBING


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module or ""


def tracked() -> list[str]:
    """The files git knows, so that what a person left lying about does not fail the test.

    Where there is no git, there was no person either: then all but what we make ourselves.
    """
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return listed.stdout.splitlines()
    made = {".git", ".venv", ".hypothesis", "data", "shots", "__pycache__"}
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(p) for p in found if not any(a in made or a.endswith("_cache") for a in p.parts)]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    rank = next(i for i, layer in enumerate(LAYERS) if own in layer)
    forbidden = set().union(*LAYERS[rank:]) - {own} | STRANGERS.get(own, set()) | {"tests"}
    if own == "app":
        forbidden -= {"tests"}  # `./waypost bench` runs the benchmarks
    used = {name.partition(".")[0] for name in imports(ast.parse(path.read_text()))}
    assert not used & forbidden


@pytest.mark.parametrize("path", [p for p in FILES if is_pure(name_of(p))], ids=name_of)
def test_the_core_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text())
    used = {name.partition(".")[0] for name in imports(tree)}
    assert not used & WORLD
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args
    }
    assert not calls & CLOCKS, "time is an argument here"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_fit_in_the_head(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < FUNCTION_LINES_MAX, node.name


def test_every_query_is_used_and_explained() -> None:
    """A named query nobody asks for is dead; one asked for and absent is a crash to come."""
    for path in sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.sql")):
        if "schema" in path.parts:
            continue
        names = set(re.findall(r"^-- (\w+) --$", path.read_text(), re.MULTILINE))
        package = ROOT / path.relative_to(ROOT).parts[0]
        code = "\n".join(file.read_text() for file in package.rglob("*.py"))
        unused = {name for name in names if f'"{name}"' not in code}
        assert not unused, f"{path.relative_to(ROOT)}: {unused}"


def test_the_top_level_is_the_house_plan() -> None:
    assert {name.partition("/")[0] for name in tracked()} <= TOP_LEVEL


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for name in tracked():
        path = ROOT / name
        if path.suffix in WRITTEN and "vendor" not in path.parts:
            if path == Path(__file__) or not path.exists():
                continue
            assert not marks.search(path.read_text()), name


def test_tests_mirror_modules() -> None:
    """A unit test stands where its module does, so that either leads to the other."""
    for path in sorted((ROOT / "tests" / "unit").rglob("test_*.py")):
        package = path.relative_to(ROOT / "tests" / "unit").parts[0]
        assert package in PACKAGES, path


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]])
def test_the_linters_have_nothing_to_say(command: list[str]) -> None:
    tool = ROOT / ".venv" / "bin" / command[0]
    done = subprocess.run(
        [str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_pipeline_holds_a_lock() -> None:
    """docs/decisions/0019: frozen in the middle of one, a process keeps its locks for ever."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for package in ("core", "devices", "geo", "dispatch", "ingest", "web")
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if ".executemany(" in line or ".pipeline(" in line
    ]
    assert found == []
