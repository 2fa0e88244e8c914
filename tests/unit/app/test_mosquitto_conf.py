"""The broker's policy against the bounds that the code relies on."""

from app.settings import REPOSITORY
from core import limits


def _policy() -> dict[str, str]:
    lines = (REPOSITORY / "mosquitto.conf").read_text("utf-8").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return {name: value for name, value in pairs if name != "log_type"}


def test_the_broker_takes_what_the_code_takes_and_no_more() -> None:
    policy = _policy()
    assert int(policy["max_packet_size"]) == limits.PACKET_BYTES_MAX
    assert int(policy["max_inflight_messages"]) == limits.BROKER_INFLIGHT_MAX


def test_nobody_is_anonymous_and_nothing_is_dropped_by_count() -> None:
    policy = _policy()
    assert policy["allow_anonymous"] == "false"
    assert policy["max_queued_messages"] == "0"
    assert int(policy["max_queued_bytes"]) == 1 << 30
    assert policy["persistence"] == "true"
    assert policy["per_listener_settings"] == "false"


def test_what_differs_between_machines_is_not_in_it() -> None:
    assert not {"listener", "plugin", "persistence_location", "user"} & _policy().keys()
