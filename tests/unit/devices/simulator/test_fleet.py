"""The fleet: the same seed says the same, nobody jumps, everything follows the contract."""

import itertools
from collections import Counter, defaultdict

import msgspec
import pytest

from devices.codec import decode, unknown_fields
from devices.simulator.streets import distance_m
from devices.simulator.voice import Message
from devices.topics import parse
from tests.unit.devices.simulator.worlds import START_S, fleet, play

HOURS_2 = 7200.0


@pytest.fixture(scope="module")
def said() -> list[Message]:
    return play(fleet(), HOURS_2, 5.0)


def of(said: list[Message], channel: str) -> list[Message]:
    return [message for message in said if message.channel == channel]


def by_device(messages: list[Message]) -> dict[str, list[Message]]:
    found = defaultdict(list)
    for message in messages:
        found[message.device_id].append(message)
    return found


def test_same_seed_says_the_same() -> None:
    assert play(fleet(3), 600) == play(fleet(3), 600)
    assert play(fleet(3), 600) != play(fleet(4), 600)


def test_cutting_the_time_otherwise_changes_nothing() -> None:
    assert play(fleet(), 1200, 0.5) == play(fleet(), 1200, 60.0)


def test_every_message_follows_the_contract(said: list[Message]) -> None:
    for message in said:
        topic = parse(message.topic)
        assert topic is not None, message.topic
        assert (topic.channel, topic.device_id) == (message.channel, message.device_id)
        body = msgspec.json.encode(message.payload)
        decode(message.channel, topic.kind, body)
        assert unknown_fields(message.channel, body) == 0, message
        assert message.retain == (message.channel == "status")


def test_every_channel_is_heard(said: list[Message]) -> None:
    heard = Counter(message.channel for message in said)
    assert set(heard) >= {"position", "status", "checkin", "cylinder", "recording"}, heard


def test_numbers_only_grow(said: list[Message]) -> None:
    for device_id, messages in by_device(said).items():
        seqs = [message.seq for message in messages]
        assert seqs == sorted(set(seqs)), device_id  # type: ignore[type-var]


def test_nothing_is_told_before_it_happens(said: list[Message]) -> None:
    assert max(m.payload["at"] for m in said) <= (START_S + HOURS_2) * 1000


def test_nobody_jumps(said: list[Message]) -> None:
    """Between two fixes no more ground than the fastest pace and the receiver's error allow."""
    world = fleet()
    for device_id, messages in by_device(of(said, "position")).items():
        top_mps = 25.0 if device_id.startswith("vehicle") else 5.0
        for before, after in itertools.pairwise(messages):
            seconds = (after.payload["at"] - before.payload["at"]) / 1000
            a, b = (
                world.roster.frame.metres(m.payload["lon"], m.payload["lat"])
                for m in (before, after)
            )
            assert distance_m(a, b) <= top_mps * seconds + 60, (device_id, before, after)


def test_officers_walk_as_people_do(said: list[Message]) -> None:
    speeds = [
        message.payload["spd"]
        for message in of(said, "position")
        if message.device_id.startswith("officer")
    ]
    walking = [speed for speed in speeds if 0 < speed <= 1.5]
    assert all(speed == 0 or 1.1 <= speed <= 1.5 or 3.6 <= speed <= 5.0 for speed in speeds)
    assert len(walking) > len(speeds) / 2


def test_positions_come_at_their_period(said: list[Message]) -> None:
    for device_id, messages in by_device(of(said, "position")).items():
        gaps = [
            after.payload["at"] - before.payload["at"]
            for before, after in itertools.pairwise(messages)
        ]
        usual = 30_000 if device_id.startswith("camera") else 10_000
        assert Counter(gaps).most_common(1)[0][0] == pytest.approx(usual, abs=2), device_id


def test_taps_happen_at_their_points(said: list[Message]) -> None:
    """The tag told belongs to a point, and the place told is that point's within the error."""
    roster = fleet().roster
    points = {point.tag: point for point in roster.points}
    taps = of(said, "checkin")
    assert len(taps) >= 12, "twelve officers tap at least once each in two hours"
    assert len({tap.payload["tag"] for tap in taps}) >= 8
    for tap in taps:
        point = points[tap.payload["tag"]]
        there = roster.frame.metres(point.lon_deg, point.lat_deg)
        here = roster.frame.metres(tap.payload["lon"], tap.payload["lat"])
        assert distance_m(here, there) <= 8 + 4 * tap.payload["acc"]


def test_the_told_accuracy_is_the_68_percent_radius() -> None:
    """Of an officer standing at the station: the share of fixes within `acc` is about 68 %."""
    world = fleet()
    officer = world.officer("officer-0001")
    within = 0
    for _ in range(20_000):
        place, acc_m = officer.receiver.read((0.0, 0.0), 60.0)
        within += distance_m(place, (0.0, 0.0)) <= acc_m
    assert within / 20_000 == pytest.approx(0.68, abs=0.04)


def test_cameras_not_live_are_heard_only_at_docks(said: list[Message]) -> None:
    roster = fleet().roster
    quiet = {camera.id for camera in roster.of_kind("camera") if not camera.live}
    assert len(quiet) == 6
    assert not [m for m in of(said, "position") if m.device_id in quiet]
    docks = {dock.id for dock in roster.of_kind("dock")}
    uploads = [m for m in of(said, "recording") if "uploaded_at" in m.payload]
    assert uploads
    for upload in uploads:
        assert upload.payload["dock"] in docks
        assert upload.payload["start"] <= upload.payload["trigger_on"] < upload.payload["stop"]
        assert upload.payload["stop"] <= upload.payload["at"]


def test_time_factor_tells_our_time() -> None:
    """Ten times as fast: an hour of theirs fits into six minutes of ours."""
    world = fleet(speed=10.0)
    said = world.step(world.virtual_s(START_S + 360))
    lasts = max(m.payload["at"] for m in said) / 1000
    assert START_S + 350 < lasts <= START_S + 360
    positions = by_device(of(said, "position"))["vehicle-001"]
    assert len(positions) > 300, "an hour of positions"


def test_a_task_is_answered_to_the_end() -> None:
    world = fleet()
    world.step(START_S + 60)
    lon, lat = world.roster.frame.degrees(world.streets.places[40])
    body = {"task_id": 9, "version": 3, "state": "dispatched", "lon": lon, "lat": lat}
    officer = next(
        d.id for d in world.roster.of_kind("officer") if world.officer(d.id).doing == "walk"
    )
    world.deliver(officer, "task", body)
    world.deliver(officer, "task", body)  # QoS 1: it may come twice
    said: list[Message] = []
    for second in range(61, 3600):
        said += world.step(START_S + second)
    acks = [m.payload for m in of(said, "ack") if m.device_id == officer]
    assert [ack["move"] for ack in acks] in (
        ["delivered", "read", "accepted", "en_route", "on_scene", "resolved"],
        ["delivered", "read", "declined"],
    )
    if acks[-1]["move"] == "declined":
        assert acks[-1]["reason"]
        return
    times = {ack["move"]: ack["at"] / 1000 for ack in acks}
    assert times["delivered"] - START_S < 63
    assert 60 <= times["resolved"] - times["on_scene"] <= 260
    there = world.streets.places[40]
    near = min(
        (m for m in of(said, "position") if m.device_id == officer),
        key=lambda m: abs(m.payload["at"] / 1000 - times["on_scene"]),
    )
    here = world.roster.frame.metres(near.payload["lon"], near.payload["lat"])
    assert distance_m(here, there) < 60, "on scene is said at the scene"


def test_a_task_makes_the_camera_record() -> None:
    world = fleet()
    world.step(START_S + 60)
    camera = next(c for c in world.roster.of_kind("camera") if c.live and c.owner)
    officer = world.officer(camera.owner or "")
    lon, lat = world.roster.frame.degrees(officer.mover.place)
    for task_id in range(5, 9):  # one may be declined
        body = {"task_id": task_id, "version": 1, "state": "dispatched", "lon": lon, "lat": lat}
        world.deliver(camera.owner or "", "task", body)
    said = []
    for second in range(61, 5400, 5):
        said += world.step(START_S + second)
    files = [m.payload for m in of(said, "recording") if m.device_id == camera.id]
    tasks = {file.get("task_id") for file in files} - {None}
    assert tasks <= {5, 6, 7, 8}
    assert tasks
    states = [m.payload["state"] for m in of(said, "status") if m.device_id == camera.id]
    assert "recording" in states


def test_sign_off_ends_every_device() -> None:
    world = fleet()
    world.step(START_S + 5)
    last = world.sign_off()
    assert {m.device_id for m in last} == {d.id for d in world.roster.devices}
    assert {m.payload["state"] for m in last} == {"off", "offline"}
