-- units --
SELECT id, shape FROM unit_shape
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- unit --
SELECT unit_shape.shape
  FROM unit_shape
  JOIN device ON device.no = unit_shape.id
 WHERE device.id = %(id)s AND unit_shape.org_id = ANY(%(org_ids)s);

-- fences --
SELECT id, shape FROM fence_shape
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- points --
SELECT id, shape FROM point_shape
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- windows --
SELECT id, shape FROM window_shape
 WHERE org_id = ANY(%(org_ids)s)
   AND id IN (SELECT id FROM patrol_window
               WHERE closes_at >= %(since)s AND opens_at < %(until)s
                 AND (%(point_id)s::bigint IS NULL OR point_id = %(point_id)s)
                 AND (%(org_id)s::bigint IS NULL
                      OR org_id IN (SELECT id FROM org WHERE path @> ARRAY[%(org_id)s::bigint])))
   AND (%(device_no)s::integer IS NULL OR (shape ->> 'device_no')::integer = %(device_no)s)
   AND (%(result)s::text IS NULL OR coalesce(shape ->> 'result', 'none') = %(result)s)
   AND id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- window --
SELECT id FROM patrol_window WHERE id = %(window_id)s AND org_id = ANY(%(org_ids)s);

-- verdicts --
SELECT window_id, version, result, rule, reasons, evidence, observed_share, known_at
  FROM patrol_verdict
 WHERE window_id = %(window_id)s
   AND known_at <= %(as_of)s
 ORDER BY version;

-- orgs --
SELECT id, parent_id, kind, name FROM org
 WHERE id = ANY(%(org_ids)s) AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- people --
SELECT id, org_id, badge, name FROM person
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- cylinders --
SELECT cylinder_now.code AS id, code, type, at, org_id, event_id, custody, holder, fill
  FROM cylinder_now
  LEFT JOIN cylinder_fill_now USING (code)
 WHERE org_id = ANY(%(org_ids)s) AND code > %(after)s ORDER BY code LIMIT %(limit)s;

-- cylinder --
SELECT code, type, at, org_id, event_id, custody, holder, fill
  FROM cylinder_now
  LEFT JOIN cylinder_fill_now USING (code)
 WHERE code = %(code)s AND org_id = ANY(%(org_ids)s);

-- cylinder_events --
SELECT event_id, at, received_at, type, org_id, device_no, detail
  FROM cylinder_event
 WHERE code = %(code)s AND org_id = ANY(%(org_ids)s)
 ORDER BY at, event_id;

-- quarantine --
-- Bodies of devices nobody knows belong to no organisation; only the topmost sees them.
SELECT id, topic, reason, detail, org_id, device_no, first_at, last_at, seen, redriven_at,
       length(body) AS body_bytes
  FROM quarantine
 WHERE (org_id = ANY(%(org_ids)s) OR (org_id IS NULL AND %(topmost)s))
   AND id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- quarantined --
SELECT id, topic, reason, detail, org_id, device_no, first_at, last_at, seen, redriven_at,
       length(body) AS body_bytes, encode(body, 'base64') AS body_base64
  FROM quarantine
 WHERE (org_id = ANY(%(org_ids)s) OR (org_id IS NULL AND %(topmost)s))
   AND id = %(id)s;

-- is_topmost --
SELECT parent_id IS NULL FROM org WHERE id = %(org_id)s;

-- audit --
SELECT id, at, org_id, actor, ip, action, object, body
  FROM audit
 WHERE (org_id = ANY(%(org_ids)s) OR (org_id IS NULL AND %(topmost)s))
   AND id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- track --
-- One index range: the duplicate key begins with the device. Fixes that were none are left out.
SELECT (extract(epoch FROM at) * 1000)::bigint, lon_e7 / 1e7::float8, lat_e7 / 1e7::float8,
       spd_cms / 100::float8, acc_dm / 10::float8
  FROM position
 WHERE device_no = %(device_no)s
   AND at >= %(from)s
   AND at < %(to)s
   AND flags & 1 = 1
 ORDER BY at, seq
 LIMIT %(limit)s;

-- crossings --
SELECT shape
  FROM crossing_shape
 WHERE (shape ->> 'device_no')::integer = %(device_no)s
   AND org_id = ANY(%(org_ids)s)
   AND id IN (SELECT id FROM crossing_now
               WHERE device_no = %(device_no)s AND at >= %(from)s AND at < %(to)s)
 ORDER BY id;

-- city_seed --
SELECT value FROM installation WHERE name = 'city_seed';
