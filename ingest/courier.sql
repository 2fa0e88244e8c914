-- waiting --
-- Oldest first; whoever is at it keeps others off the same rows.
SELECT device_message.id, device_message.channel, device_message.body, device.id AS device_id, device.kind
  FROM device_message
  JOIN device ON device.no = device_message.device_no
 WHERE device_message.published_at IS NULL
 ORDER BY device_message.id
 LIMIT %(limit)s
   FOR UPDATE OF device_message SKIP LOCKED;

-- published --
UPDATE device_message
   SET published_at = clock_timestamp(), tries = tries + 1
 WHERE id = ANY(%(ids)s);
