"""What the console's files promise, without a browser."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from dispatch.equipment import assets
from dispatch.equipment.ledger_io import KINDS as THINGS
from dispatch.recordings import audit, clarify_io
from dispatch.rules import PRIORITY
from dispatch.tasks import LINES, State, legal_moves
from geo.gas.findings import Move
from geo.gas.history import KINDS
from geo.gas.rulebook import RULES

CONSOLE = Path(__file__).parents[3] / "web" / "console"
VENDOR = CONSOLE / "vendor"
OURS = sorted(
    path
    for path in CONSOLE.rglob("*")
    if path.suffix in {".js", ".css", ".html", ".svg"} and VENDOR not in path.parents
)
SCRIPTS = [path for path in OURS if path.suffix == ".js"]


def words(language: str) -> dict[str, str]:
    """All books of a language; a word stands in one of them."""
    found: dict[str, str] = {}
    for path in sorted((CONSOLE / "i18n").glob(f"*{language}.js")):
        book = dict(re.findall(r'^  "([\w.]+)": "(.*)",$', path.read_text(), re.MULTILINE))
        assert not found.keys() & book.keys(), path
        found |= book
    return found


def test_both_languages_say_the_same_things() -> None:
    assert words("zh").keys() == words("en").keys()
    assert len(words("zh")) > 200


@pytest.mark.parametrize("key", sorted(words("zh")))
def test_both_languages_name_the_same_values(key: str) -> None:
    named = [sorted(re.findall(r"\{(\w+)\}", words(language)[key])) for language in ("zh", "en")]
    assert named[0] == named[1]
    assert words("zh")[key].strip()
    assert words("en")[key].strip()


def test_every_word_asked_for_exists_and_every_word_is_asked_for() -> None:
    text = "\n".join(path.read_text() for path in SCRIPTS if path.parent.name != "i18n")
    asked = set(re.findall(r'(?<![\w$])t\("([\w.]+)"', text))
    assert asked <= words("zh").keys()
    # a key may also be put together (`state.${…}`) or handed on as text
    families = set(re.findall(r"`([\w.]+\.)\$\{", text))
    texts = set(re.findall(r'"([\w.]+)"', text))
    families.add("ago.")
    families.add("for.")
    unused = [
        key
        for key in words("zh")
        if key not in texts and not any(key.startswith(family) for family in families)
    ]
    assert unused == []


def test_every_command_of_the_search_says_what_it_does() -> None:
    text = (CONSOLE / "js" / "panels" / "search.js").read_text()
    names = re.findall(r'\{ name: "(\w+)", words: \["[^"]+", "[^"]+"\]', text)
    assert len(names) == text.count("{ name: "), "a command has a word in each language"
    assert {f"command.{name}.how" for name in names} <= set(words("zh"))


def test_every_finding_has_words_and_a_severity_that_has() -> None:
    known = words("zh")
    assert {f"gas.severity.{rule.severity}" for rule in RULES.values()} <= set(known)
    assert {f"gas.type.{kind}" for kind in KINDS[1:]} <= set(known)
    assert {f"gas.move.{move}" for move in Move} <= set(known)


def test_the_console_offers_just_the_moves_the_server_allows() -> None:
    text = (CONSOLE / "js" / "moves.js").read_text()
    offered = json.loads(text[text.index("{") : text.rindex("}") + 1])
    legal = {
        str(state): [str(m) for m in legal_moves(state) if LINES[m].role is not None]
        for state in State
    }
    assert offered == legal


def test_the_ledger_offers_just_the_moves_the_server_allows() -> None:
    text = (CONSOLE / "js" / "equipment" / "steps.js").read_text()
    offered = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert offered == {
        str(state): [str(line.move) for line in assets.MOVES if state in line.before]
        for state in assets.State
    }


def test_every_word_of_equipment_and_recordings_has_its_words() -> None:
    wanted = {f"equipment.move.{line.move}" for line in assets.MOVES}
    wanted |= {f"equipment.state.{state}" for state in assets.State}
    wanted |= {f"equipment.kind.{kind}" for kind in THINGS}
    wanted |= {f"equipment.verdict.{status}" for status in audit.Status}
    wanted |= {f"equipment.reason.{status}" for status in audit.LACKING}
    wanted |= {f"equipment.answer.{reason}" for reason in clarify_io.REASONS}
    wanted |= {f"alarm.type.{kind}" for kind in PRIORITY}
    assert wanted <= words("zh").keys()


def test_every_move_and_state_has_its_words() -> None:
    assert {f"move.{move}" for move in LINES} <= words("zh").keys()
    assert {f"task.state.{state}" for state in State} <= words("zh").keys()


def test_vendored_files_are_those_of_the_lock() -> None:
    lock = json.loads((VENDOR / "vendor.lock.json").read_text())
    held = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.suffix in {".js", ".txt"}
    }
    assert held == lock["files"]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_file_keeps_to_our_own_host_and_to_the_policy(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]{2,}", text.replace("// ", ""))
    assert not re.search(r"\beval\(|new Function|innerHTML|<script>|<style|\son\w+=\"", text)
    assert len(text.splitlines()) <= 400
