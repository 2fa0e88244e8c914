-- lock_source --
-- Two who raise the same alarm at once are put in order, whether or not it exists yet.
SELECT pg_advisory_xact_lock(hashtextextended(%(source)s || '/' || %(type)s, 7305105));

-- standing --
-- The alarm of this source and type that is not over: active, or not yet seen by anyone.
SELECT id, org_id, active, acknowledged, latched, device_no,
       (detail ->> 'about')::timestamptz AS about
  FROM alarm
 WHERE source = %(source)s AND type = %(type)s AND (active OR NOT acknowledged)
 ORDER BY active DESC, id DESC
 LIMIT 1
   FOR UPDATE;

-- insert --
INSERT INTO alarm (org_id, type, source, device_no, priority, latched, active, first_at, last_at,
                   lat_deg, lon_deg, detail)
VALUES (%(org_id)s, %(type)s, %(source)s, %(device_no)s, %(priority)s, %(latched)s, true,
        %(at)s, %(at)s, %(lat_deg)s, %(lon_deg)s, %(detail)s)
RETURNING id;

-- repeat --
-- The newest place and detail are those a person needs; the first time stays.
UPDATE alarm
   SET seen = seen + 1, last_at = greatest(last_at, %(at)s), active = true,
       acknowledged = %(acknowledged)s, cleared_at = NULL,
       lat_deg = coalesce(%(lat_deg)s, lat_deg), lon_deg = coalesce(%(lon_deg)s, lon_deg),
       detail = detail || %(detail)s
 WHERE id = %(alarm_id)s;

-- locked --
SELECT id, org_id, active, acknowledged, latched, device_no,
       (detail ->> 'about')::timestamptz AS about
  FROM alarm
 WHERE id = %(alarm_id)s AND org_id = ANY(%(org_ids)s)
   FOR UPDATE;

-- clear --
UPDATE alarm SET active = false, cleared_at = %(at)s WHERE id = %(alarm_id)s;

-- acknowledge --
UPDATE alarm
   SET acknowledged = true, ack_by = %(actor)s, ack_at = %(now)s, ack_note = %(note)s
 WHERE id = %(alarm_id)s;

-- shelve --
UPDATE alarm
   SET shelved_until = %(until)s, shelved_by = %(actor)s, shelved_reason = %(reason)s
 WHERE id = %(alarm_id)s;

-- unshelve_due --
-- An expired shelf is emptied once; a second sweep finds nothing.
UPDATE alarm
   SET shelved_until = NULL, shelved_by = NULL, shelved_reason = NULL
 WHERE shelved_until <= %(now)s
RETURNING id;

-- shape --
SELECT id, org_id, shape FROM alarm_shape WHERE id = ANY(%(alarm_ids)s);

-- shape_for --
SELECT shape FROM alarm_shape WHERE id = %(alarm_id)s AND org_id = ANY(%(org_ids)s);

-- page --
SELECT id, shape
  FROM alarm_shape
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- recent --
SELECT alarm_shape.shape
  FROM alarm
  JOIN alarm_shape ON alarm_shape.id = alarm.id
 WHERE alarm.org_id = ANY(%(org_ids)s)
   AND (alarm.active OR NOT alarm.acknowledged OR alarm.last_at >= %(since)s)
 ORDER BY alarm.id;
