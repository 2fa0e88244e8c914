-- waiting --
-- Oldest first; whoever is at it keeps others off the same rows.
SELECT device_message.id, device_message.channel, device_message.body, device.id AS device_id, device.kind
  FROM device_message
  JOIN device ON device.no = device_message.device_no
 WHERE device_message.published_at IS NULL
 ORDER BY device_message.id
 LIMIT %(limit)s
   FOR UPDATE OF device_message SKIP LOCKED;

-- asked_again --
SELECT id, topic, body
  FROM quarantine
 WHERE redrive_asked_at IS NOT NULL AND redriven_at IS NULL
 ORDER BY id
 LIMIT %(limit)s
   FOR UPDATE SKIP LOCKED;

-- redriven --
UPDATE quarantine SET redriven_at = clock_timestamp() WHERE id = ANY(%(ids)s);

-- ask_again --
UPDATE quarantine SET redrive_asked_at = %(now)s, redriven_at = NULL
 WHERE id = %(id)s
RETURNING id;

-- dropped --
-- The broker's own count since it started; it tells nobody else of a full queue.
INSERT INTO installation (name, value) VALUES ('broker_dropped', %(dropped)s)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
 WHERE installation.value <> excluded.value;

-- published --
UPDATE device_message
   SET published_at = clock_timestamp(), tries = tries + 1
 WHERE id = ANY(%(ids)s);
