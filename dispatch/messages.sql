-- units --
SELECT no, id, org_id, name FROM device
 WHERE id = ANY(%(ids)s) AND org_id = ANY(%(org_ids)s) AND revoked_at IS NULL
   AND kind = ANY(%(kinds)s)
 ORDER BY no;

-- queue --
INSERT INTO device_message (device_no, org_id, channel, body, queued_at)
VALUES (%(device_no)s, %(org_id)s, 'command', %(body)s, %(now)s);
