"""The ring of newest events."""

from web.live.ring import Line, Ring


def lines(*ids: int) -> list[Line]:
    return [Line(n, 1, str(n)) for n in ids]


def ids(found: object) -> list[int] | None:
    return None if found is None else [line.id for line in found]  # type: ignore[attr-defined]


def test_after_a_cursor() -> None:
    ring = Ring(floor=10, lines_max=100)
    ring.extend(lines(11, 14, 15))  # ids may leave gaps
    assert ids(ring.after(10)) == [11, 14, 15]
    assert ids(ring.after(12)) == [14, 15]
    assert ids(ring.after(15)) == []
    assert ids(ring.after(9)) is None, "what came before the floor is not here"
    assert ring.newest == 15


def test_the_oldest_fall_out_and_the_floor_rises() -> None:
    ring = Ring(floor=0, lines_max=3)
    ring.extend(lines(1, 2, 3, 4, 5))
    assert len(ring) == 3
    assert ids(ring.after(1)) is None
    assert ids(ring.after(2)) == [3, 4, 5]


def test_empty() -> None:
    ring = Ring(floor=7, lines_max=3)
    assert ring.newest == 7
    assert ids(ring.after(7)) == []
