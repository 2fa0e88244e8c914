"""Every bound has a name here, and the relations between bounds are asserted.

Sizes in bytes or counts, times in seconds unless the name says otherwise.
"""

from typing import Final

# ── MQTT payloads ─────────────────────────────────────────────────────────
BODY_BYTES_MAX: Final = 16 * 1024
BATCH_BODY_BYTES_MAX: Final = 64 * 1024
BATCH_ITEMS_MAX: Final = 200
PACKET_BYTES_MAX: Final = 96 * 1024  # the broker's max_packet_size: body, topic and header
PARTS: Final = 64

# ── ingest ────────────────────────────────────────────────────────────────
STORE_BATCH_MAX: Final = 4_000  # messages in one transaction
STORE_BATCH_BYTES_MAX: Final = 4 * 1024 * 1024  # outboxes: one message may hold 200 readings
STORE_BATCH_AGE_S: Final = 0.008  # a lone message waits no longer than this
READ_PAUSE_S: Final = 0.003  # reading a little later reads more at once
READ_CHUNK_BYTES: Final = 256 * 1024
QUEUE_MESSAGES_MAX: Final = 40_000
QUEUE_BYTES_MAX: Final = 64 * 1024 * 1024
BROKER_INFLIGHT_MAX: Final = 20_000  # acknowledge-after-commit dead-locks below the batch
RECEIPT_PERIOD_S: Final = 1.0
RECEIPT_ENTRIES_MAX: Final = 200  # ranges, and event ids, in one receipt
DATABASE_CALL_MAX_S: Final = 5.0
DATABASE_AWAY_DISCONNECT_S: Final = 10.0
LEASE_S: Final = 6.0
LEASE_RENEW_S: Final = 1.5
HEARTBEAT_S: Final = 2.0
HEARTBEAT_MISSED_S: Final = 15.0  # silence of ingest longer than this is an outage
CLOCK_AHEAD_MAX_S: Final = 600
OLDEST_AT_MS: Final = 1_577_836_800_000  # 2020-01-01T00:00:00Z
RETRY_FIRST_S: Final = 0.3
RETRY_LAST_S: Final = 1.0
RETRY_JITTER: Final = 0.5  # up to this share on top
VERDICT_MAX_S: Final = 5.0  # a due check-in has its verdict so soon after we are back

# ── evaluation ────────────────────────────────────────────────────────────
FOLLOWER_PERIOD_S: Final = 0.1  # batches committed within it are judged together
FOLLOWER_BUSY_READINGS: Final = 2_000  # with so many at once, judging together pays more …
FOLLOWER_BUSY_PERIOD_S: Final = 0.5  # … than judging soon
FOLLOWER_READINGS_MAX: Final = 20_000
FOLLOWER_TRIES_MAX: Final = 3
FOLLOWER_BACKLOG_MAX: Final = 500_000  # readings kept in memory; beyond it they are read back

# ── web ───────────────────────────────────────────────────────────────────
LIVE_PERIOD_S: Final = 1.0
EVENTS_POLL_S: Final = 0.05
PAGE_MAX: Final = 1_000
PAGE_DEFAULT: Final = 100
SOCKET_EVENTS_BACKLOG_MAX: Final = 5_000
SOCKET_SEND_MAX_S: Final = 10.0
SOCKET_MESSAGE_BYTES_MAX: Final = 1_024
SESSION_IDLE_S: Final = 30 * 60
SESSION_ABSOLUTE_S: Final = 12 * 3600
LOGIN_FAILURES_MAX: Final = 10
LOGIN_LOCK_S: Final = 300
UPLOAD_BYTES_MAX: Final = 20 * 1024 * 1024

# ── storage ───────────────────────────────────────────────────────────────
PARTITION_DAYS_AHEAD: Final = 3
BATCH_KEPT_DAYS: Final = 2  # bookkeeping of batches, not the readings
RETENTION_DAYS: Final = 400

assert BODY_BYTES_MAX < BATCH_BODY_BYTES_MAX < PACKET_BYTES_MAX
# The longest range has 42 bytes, an event id 39. A packet the broker finds too large ends the
# connection, and MQTT sends it again on the next one: for ever.
assert RECEIPT_ENTRIES_MAX * (42 + 39) + 64 < BODY_BYTES_MAX
assert STORE_BATCH_MAX < BROKER_INFLIGHT_MAX <= QUEUE_MESSAGES_MAX
assert READ_CHUNK_BYTES + PACKET_BYTES_MAX < STORE_BATCH_BYTES_MAX < QUEUE_BYTES_MAX
assert BROKER_INFLIGHT_MAX <= 65_535, "an MQTT packet identifier has sixteen bits"
assert LEASE_RENEW_S * 3 <= LEASE_S
assert DATABASE_CALL_MAX_S < LEASE_S, "a hung call must end before the lease does"
assert HEARTBEAT_S * 3 < HEARTBEAT_MISSED_S
assert RETRY_FIRST_S < RETRY_LAST_S
# What was stored last before the database went, then its judging, then the sweep of every second.
assert 2 * RETRY_LAST_S * (1 + RETRY_JITTER) + 1 < VERDICT_MAX_S
