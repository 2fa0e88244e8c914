"""The queue between paho's thread and the writer: bounded in messages and in bytes."""

from core import limits
from ingest.frames import Publish
from ingest.link import Delivery, Inbox


class Source:
    closed = False

    def ack(self, mids: list[int]) -> None:
        """Nothing is confirmed here."""


def delivery(messages: int, payload_bytes: int) -> Delivery:
    payload = b"x" * payload_bytes
    return Delivery(Source(), [Publish(b"t", payload, 1, 0) for _ in range(messages)], 0, 0.0)


def test_messages_are_taken_whole_and_about_as_many_as_asked() -> None:
    inbox = Inbox()
    for _ in range(5):
        inbox.put(delivery(3, 10))
    assert [len(one.publishes) for one in inbox.take(4)] == [3, 3]
    assert len(inbox) == 9 and len(inbox.take(100)) == 3 and not inbox.take(1)


def test_flushed_outboxes_are_stored_in_transactions_of_bounded_size() -> None:
    """A batch message holds 200 readings: by number of messages alone it would be millions."""
    inbox = Inbox()
    for _ in range(200):
        inbox.put(delivery(4, limits.BATCH_BODY_BYTES_MAX))
    turns = []
    while taken := inbox.take(limits.STORE_BATCH_MAX):
        turns.append(sum(one.payload_bytes for one in taken))
    assert sum(turns) == 800 * limits.BATCH_BODY_BYTES_MAX
    assert max(turns) <= limits.STORE_BATCH_BYTES_MAX + limits.READ_CHUNK_BYTES


def test_a_full_queue_stops_the_reading_until_there_is_room() -> None:
    for messages, payload_bytes in ((limits.QUEUE_MESSAGES_MAX, 1), (1_024, 64 * 1024)):
        inbox = Inbox()
        inbox.put(delivery(messages, payload_bytes))
        assert not inbox.has_room()
        inbox.take(1)
        assert inbox.has_room()
        inbox.put(delivery(messages, payload_bytes))
        inbox.clear()
        assert inbox.has_room() and len(inbox) == 0
