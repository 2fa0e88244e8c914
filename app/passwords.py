"""Passwords this installation made for itself, in one file only its owner may read."""

import json
import os
import secrets
from pathlib import Path

FILENAME = "secrets.json"


def secret(folder: Path, name: str) -> str:
    """The secret called `name` of the data folder; made at the first question."""
    path = folder / FILENAME
    known = _read(path)
    if name not in known:
        known[name] = secrets.token_urlsafe(18)
        _write(path, known)
    return known[name]


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}


def _write(path: Path, known: dict[str, str]) -> None:
    """Whole or not at all: a half-written file would lock us out of our own database."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
