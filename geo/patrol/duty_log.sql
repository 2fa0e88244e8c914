-- due --
-- Duties over and settled that have no log yet; then logs of the last week, the longest
-- unseen first: late data may have changed them.
(SELECT s.device_no, (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date AS day
   FROM roster_shift s
  WHERE s.ended_at IS NULL AND s.kind <> 'leave' AND s.ends_at < %(now)s - %(settle)s::interval
    AND s.ends_at > %(now)s - interval '35 days'
    AND NOT EXISTS (SELECT FROM duty_log l WHERE l.device_no = s.device_no
                       AND l.day = (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date)
  GROUP BY 1, 2
  ORDER BY 2, 1 LIMIT %(limit)s)
UNION ALL
(SELECT device_no, day FROM duty_log
  WHERE day > (%(now)s AT TIME ZONE 'Asia/Shanghai')::date - 8
  GROUP BY device_no, day
 HAVING max(looked_at) < %(now)s - interval '6 hours'
  ORDER BY max(looked_at), device_no LIMIT %(limit)s);

-- header --
SELECT device.no AS device_no, device.id AS device_id, device.name AS device_name,
       device.kind, device.period_s, device.org_id, org.name AS unit, person.name AS name,
       person.badge, person.id AS person_id,
       (SELECT string_agg(camera.id, ', ' ORDER BY camera.id) FROM device camera
         WHERE camera.kind = 'camera' AND camera.person_id = person.id) AS recorder
  FROM device
  JOIN org ON org.id = device.org_id
  LEFT JOIN person ON person.id = device.person_id
 WHERE device.no = %(device_no)s;

-- shifts --
SELECT s.id, s.kind, s.starts_at, s.ends_at, s.point_ids, route.name AS route, post.name AS post
  FROM roster_shift s
  LEFT JOIN patrol_route route ON route.id = s.route_id
  LEFT JOIN fence post ON post.id = s.post_id
 WHERE s.device_no = %(device_no)s AND s.ended_at IS NULL AND s.kind <> 'leave'
   AND (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date = %(day)s
 ORDER BY s.starts_at, s.id;

-- lines --
SELECT at, 'status' AS kind, jsonb_build_object('state', state) AS detail,
       jsonb_build_object('status', array[device_no, seq]) AS source
  FROM status
 WHERE device_no = %(device_no)s AND at BETWEEN %(from_at)s AND %(to_at)s
   AND state IN ('on_duty', 'off_duty', 'break')
UNION ALL
SELECT c.at, c.kind, jsonb_build_object('fence', fence.name),
       jsonb_build_object('crossing', c.id)
  FROM crossing_now c JOIN fence ON fence.id = c.fence_id
 WHERE c.device_no = %(device_no)s AND c.at BETWEEN %(from_at)s AND %(to_at)s
   AND c.kind IN ('entered', 'left')
UNION ALL
SELECT p.corrected_at, 'checkin',
       jsonb_build_object('point', point.name, 'level', p.level, 'auth', p.auth, 'place', p.place,
                          'flags', to_jsonb(p.flags)),
       jsonb_build_object('checkin', to_jsonb(array[p.device_no::text, p.at::text, p.seq::text]))
  FROM checkin_proof_now p LEFT JOIN patrol_point point ON point.id = p.point_id
 WHERE p.device_no = %(device_no)s AND p.corrected_at BETWEEN %(from_at)s AND %(to_at)s
UNION ALL
SELECT at, type, jsonb_build_object('note', detail -> 'note'),
       jsonb_build_object('event', array[device_no, seq])
  FROM device_event
 WHERE device_no = %(device_no)s AND at BETWEEN %(from_at)s AND %(to_at)s
   AND type IN ('problem', 'lead', 'sos', 'fall')
UNION ALL
SELECT k.at, 'task', jsonb_build_object('task_id', k.task_id, 'move', k.move,
                                        'title', (SELECT title FROM task WHERE id = k.task_id)),
       jsonb_build_object('ack', array[k.device_no, k.seq])
  FROM device_ack k
 WHERE k.device_no = %(device_no)s AND k.at BETWEEN %(from_at)s AND %(to_at)s
UNION ALL
SELECT r.start_at, 'recording',
       jsonb_build_object('recording_id', r.recording_id, 'minutes',
           round(extract(epoch FROM r.stop_at - r.start_at) / 60, 1)),
       jsonb_build_object('recording', r.recording_id)
  FROM recording r JOIN device camera ON camera.no = r.device_no
 WHERE camera.person_id = %(person_id)s AND r.start_at BETWEEN %(from_at)s AND %(to_at)s;

-- windows --
-- Of the beat, within the duty, with the verdict of now.
SELECT w.id AS window_id, point.name AS point, w.opens_at, v.result,
       v.device_no IS NOT DISTINCT FROM %(device_no)s AS mine
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN LATERAL (SELECT result, device_no FROM patrol_verdict
                 WHERE window_id = w.id ORDER BY version DESC LIMIT 1) v ON true
 WHERE w.point_id = ANY(%(point_ids)s) AND w.withdrawn_at IS NULL
   AND w.opens_at >= %(from_at)s AND w.closes_at <= %(to_at)s
 ORDER BY w.opens_at, w.id;

-- fixes --
SELECT (extract(epoch FROM at) * 1000)::bigint, seq, lon_e7 / 1e7::float8, lat_e7 / 1e7::float8,
       coalesce(acc_dm, 0) / 10::float8,
       flags & 1 = 1 AND coalesce(acc_dm, 0) <= 1000 AND (lon_e7 <> 0 OR lat_e7 <> 0)
  FROM position
 WHERE device_no = %(device_no)s AND at BETWEEN %(from_at)s AND %(to_at)s
 ORDER BY at, seq;

-- newest --
SELECT version, sha256 FROM duty_log
 WHERE device_no = %(device_no)s AND day = %(day)s ORDER BY version DESC LIMIT 1;

-- add --
INSERT INTO duty_log (device_no, day, version, org_id, body, sha256, looked_at)
VALUES (%(device_no)s, %(day)s, %(version)s, %(org_id)s, %(body)s, %(sha256)s, %(now)s);

-- looked --
UPDATE duty_log SET looked_at = %(now)s WHERE device_no = %(device_no)s AND day = %(day)s;

-- list --
SELECT DISTINCT ON (l.device_no)
       l.device_no AS id, device.id AS device_id, device.name AS device_name, person.name AS person,
       l.org_id, l.day, l.version, l.body -> 'totals' AS totals,
       jsonb_array_length(l.body -> 'exceptions') AS exceptions, l.known_at,
       ARRAY(SELECT role FROM duty_log_signature s WHERE s.device_no = l.device_no
                AND s.day = l.day AND s.version = l.version ORDER BY role) AS signed
  FROM duty_log l
  JOIN device ON device.no = l.device_no
  LEFT JOIN person ON person.id = device.person_id
 WHERE l.day = %(day)s AND l.org_id = ANY(%(org_ids)s) AND l.device_no > %(after)s
 ORDER BY l.device_no, l.version DESC
 LIMIT %(limit)s;

-- versions --
SELECT l.version, l.body, encode(l.sha256, 'hex') AS sha256, l.known_at
  FROM duty_log l JOIN device ON device.no = l.device_no
 WHERE device.id = %(device_id)s AND l.day = %(day)s AND l.org_id = ANY(%(org_ids)s)
 ORDER BY l.version;

-- signatures --
SELECT s.version, s.role, s.signed_by, s.comment, s.signed_at
  FROM duty_log_signature s JOIN device ON device.no = s.device_no
 WHERE device.id = %(device_id)s AND s.day = %(day)s ORDER BY s.id;

-- sign --
INSERT INTO duty_log_signature (device_no, day, version, role, signed_by, comment, signed_at)
SELECT no, %(day)s, %(version)s, %(role)s, %(login)s, %(comment)s, %(now)s
  FROM device WHERE id = %(device_id)s;
