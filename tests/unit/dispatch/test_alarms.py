from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from dispatch.alarms import (
    ClearAlarm,
    Happening,
    State,
    after,
    concerns,
    is_acknowledged,
    is_active,
    require_shelf,
    state_of,
)
from tests.table import table

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@table("""
    state          happening    plain          latched
    normal         raise        active_unack   active_unack
    normal         clear        -              -
    normal         acknowledge  -              -
    normal         reset        -              -
    active_unack   raise        active_unack   active_unack
    active_unack   clear        cleared_unack  -              # never by a machine
    active_unack   acknowledge  active_ack     active_ack
    active_unack   reset        cleared_unack  cleared_unack
    active_ack     raise        active_ack     active_unack   # calls again
    active_ack     clear        normal         -
    active_ack     acknowledge  -              -
    active_ack     reset        normal         normal
    cleared_unack  raise        active_unack   active_unack
    cleared_unack  clear        -              -
    cleared_unack  acknowledge  normal         normal
    cleared_unack  reset        -              -
""")
def test_every_state_answers_every_happening(
    state: str, happening: str, plain: str, latched: str
) -> None:
    for wanted, is_latched in ((plain, False), (latched, True)):
        found = after(State(state), Happening(happening), latched=is_latched)
        assert found == (None if wanted == "-" else State(wanted))


@given(st.lists(st.sampled_from(list(Happening))), st.booleans())
def test_a_random_walk_never_forgets_what_nobody_has_seen(
    happenings: list[Happening], latched: bool
) -> None:
    """To be over, an alarm must have been acknowledged since it was last raised."""
    state, seen = State.NORMAL, True
    for happening in happenings:
        following = after(state, happening, latched=latched)
        if following is None:
            continue
        if happening is Happening.RAISE:
            seen = seen and state is State.ACTIVE_ACK and not latched
        seen = seen or happening is Happening.ACKNOWLEDGE
        state = following
        assert is_acknowledged(state) == seen
        assert state_of(active=is_active(state), acknowledged=is_acknowledged(state)) is state


@table("""
    about exactly raised concerned
    10    0       8      1       # a later visit settles it
    10    0       10     1
    10    0       12     0       # a revised verdict of an older window does not
    10    1       8      0       # undeterminable takes back its own only
    10    1       10     1
""")
def test_which_clear_concerns_which_alarm(
    about: float, exactly: float, raised: float, concerned: float
) -> None:
    command = ClearAlarm(
        "missed_point", "point:1", NOON, NOON + timedelta(hours=about), bool(exactly)
    )
    assert concerns(command, NOON + timedelta(hours=raised)) == bool(concerned)


@pytest.mark.parametrize(
    ("hours", "reason"), [(1, " "), (0, "noise"), (-1, "noise"), (25, "noise")]
)
def test_a_shelf_needs_a_reason_and_an_end(hours: float, reason: str) -> None:
    with pytest.raises(Invalid):
        require_shelf(NOON + timedelta(hours=hours), reason, NOON)
    require_shelf(NOON + timedelta(hours=24), "noise", NOON)
