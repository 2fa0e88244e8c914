"""Histories of cylinders are legal by the domain reference E.2 and consistent in themselves."""

import itertools
from collections import defaultdict

from devices.simulator.cylinders import ROUND_S
from devices.simulator.voice import Message
from tests.unit.devices.simulator.worlds import START_S, fleet, play

# what may follow what
FOLLOWS = {
    "register": {"prefill_check"},
    "prefill_check": {"fill"},
    "fill": {"postfill_check"},
    "postfill_check": {"stock_in"},
    "stock_in": {"stock_out", "handover"},
    "stock_out": {"load"},
    "load": {"unload"},
    "unload": {"stock_in"},
    "handover": {"handover", "deliver", "inspect", "prefill_check"},
    "deliver": {"user_check"},
    "user_check": {"return"},
    "return": {"handover"},
    "inspect": {"prefill_check"},
}


def histories(seconds: float) -> dict[str, list[Message]]:
    found = defaultdict(list)
    for message in play(fleet(), seconds, 60.0):
        if message.channel == "cylinder":
            found[message.payload["code"]].append(message)
    return found


def test_each_step_may_follow_the_one_before() -> None:
    found = histories(3 * ROUND_S)
    assert len(found) == 3
    for code, messages in found.items():
        messages.sort(key=lambda m: m.payload["at"])
        types = [m.payload["type"] for m in messages]
        assert types[0] == "register"
        assert types.count("register") == 1
        assert len(types) > 2 * 12, "three rounds"
        for before, after in itertools.pairwise(types):
            assert after in FOLLOWS[before], (code, before, after)


def test_weights_people_and_papers_agree_within_a_round() -> None:
    for messages in histories(3 * ROUND_S).values():
        user = None
        for message in sorted(messages, key=lambda m: m.payload["at"]):
            said = message.payload
            if said["type"] == "fill":
                assert abs(said["gross"] - said["tare"] - said["net"]) < 0.011
                assert said["start"] < said["end"] <= said["at"]
            elif said["type"] == "deliver":
                user = said["user_id"]
            elif said["type"] == "user_check" and user is not None:
                assert said["user_id"] == user
            elif said["type"] == "return" and user is not None:
                assert said["from_user"] == user


def test_a_simulator_started_anew_tells_the_same_events_by_the_same_ids() -> None:
    first = {m.payload["event_id"]: m.payload["at"] for ms in histories(600).values() for m in ms}
    again = {m.payload["event_id"]: m.payload["at"] for ms in histories(1200).values() for m in ms}
    assert first.items() <= again.items()
    assert len(first) == len({(at, id) for id, at in first.items()})


def test_nothing_is_told_of_the_future() -> None:
    for messages in histories(1200).values():
        assert all(m.payload["at"] <= (START_S + 1200) * 1000 for m in messages)
