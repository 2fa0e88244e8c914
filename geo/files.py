"""A file that is given out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    body: bytes
    media: str
    headers: dict[str, str]


def named(body: bytes, media: str, name: str) -> File:
    """To be saved under `name`."""
    return File(body, media, {"Content-Disposition": f'attachment; filename="{name}"'})
