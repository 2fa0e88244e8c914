-- open_marks --
SELECT id, detector, key, evidence, until_at, device_no, other_no, at
  FROM patrol_mark
 WHERE withdrawn_at IS NULL AND detector = ANY(%(detectors)s)
   AND (device_no = ANY(%(nos)s) OR other_no = ANY(%(nos)s))
   AND at >= %(from_at)s AND at < %(to_at)s;

-- hold_marks --
-- One judge a device at a time, in the order of their numbers.
SELECT pg_advisory_xact_lock(7305105, no)
  FROM (SELECT DISTINCT no FROM unnest(%(nos)s::integer[]) no ORDER BY no) devices;

-- add --
INSERT INTO patrol_mark (detector, rule, org_id, device_no, other_no, point_id, at, until_at,
                         key, evidence)
SELECT %(detector)s, %(rule)s, device.org_id, device.no, %(other_no)s, %(point_id)s, %(at)s,
       %(until_at)s, %(key)s, %(evidence)s
  FROM device WHERE device.no = %(device_no)s
ON CONFLICT (detector, key) WHERE withdrawn_at IS NULL DO NOTHING
RETURNING id;

-- change --
-- The same mark with more evidence, such as one more check-in of the day.
UPDATE patrol_mark SET evidence = %(evidence)s, until_at = %(until_at)s WHERE id = %(id)s;

-- withdraw --
UPDATE patrol_mark SET withdrawn_at = %(now)s WHERE id = ANY(%(ids)s);

-- shapes --
SELECT org_id, device_no, shape FROM mark_shape WHERE id = ANY(%(ids)s) ORDER BY id;

-- page --
SELECT id, shape FROM mark_shape
 WHERE org_id = ANY(%(org_ids)s) AND id < %(before)s
   AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
   AND (%(detector)s::text IS NULL OR detector = %(detector)s)
   AND (%(device_no)s::integer IS NULL OR %(device_no)s IN (device_no, other_no))
   AND (%(state)s::text IS NULL OR shape ->> 'state' = %(state)s)
 ORDER BY id DESC
 LIMIT %(limit)s;

-- hold --
-- With the logins under which the officers concerned may appear.
SELECT mark.withdrawn_at IS NOT NULL,
       ARRAY(SELECT v.name FROM device
               LEFT JOIN person ON person.id = device.person_id
              CROSS JOIN LATERAL (VALUES (device.id), (device.label), (person.badge)) v (name)
              WHERE device.no IN (mark.device_no, mark.other_no) AND v.name IS NOT NULL)
  FROM patrol_mark mark
 WHERE mark.id = %(id)s AND mark.org_id = ANY(%(org_ids)s)
   FOR UPDATE OF mark;

-- review --
UPDATE patrol_mark
   SET reviewed_at = %(now)s, reviewed_by = %(login)s, review = %(review)s, review_note = %(note)s
 WHERE id = %(id)s;
