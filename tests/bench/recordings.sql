-- people --
-- A bureau of 38 squads; everybody has a terminal and a camera, every fourth of which is live.
WITH bureau AS (
    INSERT INTO org (kind, name) VALUES ('bureau', 'bench') RETURNING id
), squads AS (
    INSERT INTO org (parent_id, kind, name)
    SELECT bureau.id, 'squad', 'squad ' || no FROM bureau, generate_series(1, %(squads)s) AS no
    RETURNING id
), numbered AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS no FROM squads
), people AS (
    INSERT INTO person (org_id, badge, name)
    SELECT numbered.id, 'B' || p, 'officer ' || p
      FROM generate_series(1, %(officers)s) AS p JOIN numbered ON numbered.no = p %% %(squads)s
    RETURNING id, org_id, badge
)
INSERT INTO device (id, kind, part, org_id, person_id, name, period_s)
SELECT 'terminal-' || badge, 'officer', 1, org_id, id, badge, 10 FROM people
 UNION ALL SELECT 'camera-' || badge, 'camera', 1, org_id, id, badge, 60 FROM people;

-- spares --
INSERT INTO device (id, kind, part, org_id, name, period_s)
SELECT 'spare-' || no, 'camera', 1, (SELECT min(id) FROM org WHERE kind = 'squad'), 'spare', 60
  FROM generate_series(1, %(spares)s) AS no;

-- assets --
WITH made AS (
    INSERT INTO asset (serial, kind, device_no, live, created_at, created_by)
    SELECT id, CASE kind WHEN 'officer' THEN 'terminal' ELSE kind END, no, no %% 4 = 0, now(), 'x'
      FROM device RETURNING id, device_no
)
INSERT INTO asset_move (asset_id, version, move, state, at, org_id, person_id, created_at,
                        created_by)
SELECT made.id, v, CASE v WHEN 1 THEN 'register' ELSE 'issue' END,
       CASE v WHEN 1 THEN 'in_store' ELSE 'issued' END, now() - interval '2 years', device.org_id,
       CASE v WHEN 2 THEN device.person_id END, now(), 'x'
  FROM made JOIN device ON device.no = made.device_no
 CROSS JOIN generate_series(1, 2) AS v
 WHERE v = 1 OR device.person_id IS NOT NULL;

-- shifts --
-- Five days of seven, eight hours from nine in Shanghai.
INSERT INTO roster_shift (org_id, person_id, device_no, starts_at, ends_at, created_at, created_by)
SELECT device.org_id, device.person_id, device.no, day + interval '1 hour', day + interval '9 hours',
       now(), 'x'
  FROM device, generate_series(%(first)s::timestamptz, %(last)s::timestamptz, '1 day') AS day
 WHERE device.kind = 'officer' AND (device.no + extract(doy FROM day)::int) %% 7 < 5;

-- clips --
-- Four of each shift: around both scenes of the day, and two of a patrol.
INSERT INTO clip (device_no, recording_id, org_id, person_id, start_at, stop_at, offset_ms, task_id,
                  tags, size_bytes, sha256, told_at, uploaded_at, upload_due)
SELECT camera.no, camera.id || '-' || extract(epoch FROM s.starts_at)::bigint || '-' || n,
       s.org_id, s.person_id, s.starts_at + n * interval '100 minutes',
       s.starts_at + n * interval '100 minutes' + interval '22 minutes', 0, NULL, '{patrol}',
       660000000, md5(s.id || '/' || n) || md5(n || '/' || s.id), s.ends_at, s.ends_at,
       s.ends_at + interval '1 day'
  FROM roster_shift s
  JOIN device camera ON camera.person_id = s.person_id AND camera.kind = 'camera'
 CROSS JOIN generate_series(1, 4) AS n
 WHERE s.ends_at < now() AND NOT (n = 2 AND s.id %% 40 = 0);

-- tasks --
INSERT INTO task (org_id, kind, title, state, version, created_by, created_at, changed_at, source)
SELECT s.org_id, 'street', 'bench', 'closed', 6, 'x', s.starts_at + n * interval '100 minutes',
       s.ends_at, jsonb_build_object('shift', s.id, 'n', n)
  FROM roster_shift s CROSS JOIN generate_series(1, 2) AS n
 WHERE s.ends_at < now();

-- verdicts --
INSERT INTO recording_verdict (task_id, person_id, version, org_id, device_no, status, scene_from,
                               scene_to, covered_s, scene_s, rule, reasons, evidence, known_at)
SELECT task.id, s.person_id, 1, s.org_id, s.device_no,
       CASE WHEN task.source ->> 'n' = '2' AND s.id %% 40 = 0 THEN 'NO_RECORDING' ELSE 'OK' END,
       task.created_at, task.created_at + interval '20 minutes', 1200, 1200, 'D.5/1#0', '[]',
       '{"clips": []}', s.ends_at
  FROM task JOIN roster_shift s ON s.id = (task.source ->> 'shift')::bigint
 WHERE task.created_at < %(judged)s;

-- sent --
-- Of the last days everything is there that a verdict is made of.
INSERT INTO assignment (task_id, device_no, org_id, state, ended, created_at, changed_at)
SELECT task.id, s.device_no, s.org_id, 'cleared', true, task.created_at - interval '5 minutes',
       task.created_at + interval '20 minutes'
  FROM task JOIN roster_shift s ON s.id = (task.source ->> 'shift')::bigint
 WHERE task.created_at >= %(recent)s;

-- moves --
INSERT INTO task_move (task_id, version, move, before, after, actor, at, known_at)
SELECT task.id, v, CASE v WHEN 1 THEN 'arrive' ELSE 'resolve' END, 'x', 'x', 'x', at, at
  FROM task CROSS JOIN generate_series(1, 2) AS v
 CROSS JOIN LATERAL (SELECT task.created_at + (v - 1) * interval '20 minutes' AS at) t
 WHERE task.created_at >= %(recent)s;

-- statuses --
-- Live ones each minute of a shift, all of them twice at the dock.
INSERT INTO status (at, received_at, seq, batch_id, device_no, state, bat_pct, detail)
SELECT at, at, row_number() OVER (PARTITION BY camera.no ORDER BY at), 0, camera.no, 'standby', 80,
       '{"pending": 2}'::jsonb
  FROM roster_shift s
  JOIN device camera ON camera.person_id = s.person_id AND camera.kind = 'camera'
 CROSS JOIN LATERAL generate_series(s.starts_at, s.ends_at - interval '1 minute', '1 minute') AS at
 WHERE s.starts_at >= %(recent)s AND s.ends_at < now() AND camera.no %% 4 = 0;

-- docked --
INSERT INTO status (at, received_at, seq, batch_id, device_no, state, bat_pct, detail)
SELECT at, at, n + 1000000, 0, camera.no, 'standby', 60,
       jsonb_build_object('pending', 4 - 4 * n, 'dock', 'dock-1')
  FROM roster_shift s
  JOIN device camera ON camera.person_id = s.person_id AND camera.kind = 'camera'
 CROSS JOIN generate_series(0, 1) AS n
 CROSS JOIN LATERAL (SELECT s.ends_at + n * interval '10 minutes' AS at) t
 WHERE s.starts_at >= %(recent)s AND s.ends_at < now();

-- states --
INSERT INTO camera_state (device_no, at, seq, dock, dock_since, docked_at, emptied_at, pending)
SELECT device_no, max(at), max(seq), 'dock-1', max(at), max(at), max(at), 0 FROM status
 GROUP BY device_no;

-- days --
INSERT INTO recording_day (day, person_id, device_no, org_id, clips, recorded_s, due, in_time,
                           linkable, linked, on_s, speaks, duty_s, required, sufficient, scene_s,
                           covered_s)
SELECT (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date, s.person_id, d.no, s.org_id, 4, 5280, 4, 4,
       2, 2, 28000, camera.no %% 4 = 0, CASE d.no WHEN 0 THEN 28800 ELSE 0 END,
       CASE d.no WHEN 0 THEN 2 ELSE 0 END, CASE d.no WHEN 0 THEN 2 ELSE 0 END, 2400, 2400
  FROM roster_shift s
  JOIN device camera ON camera.person_id = s.person_id AND camera.kind = 'camera'
 CROSS JOIN LATERAL (SELECT unnest(ARRAY[0, camera.no]) AS no) d
 WHERE s.ends_at < now();

-- units --
INSERT INTO recording_unit_day (day, org_id, on_due, on_met, clips, recorded_s, duty_s, due, in_time,
                                linkable, linked, required, sufficient, excused, waiting, scene_s,
                                covered_s)
SELECT day, org_id, count(*), count(*), sum(clips), sum(recorded_s), sum(duty_s), sum(due),
       sum(in_time), sum(linkable), sum(linked), sum(required), sum(sufficient), sum(excused),
       sum(waiting), sum(scene_s), sum(covered_s)
  FROM recording_day WHERE device_no = 0 GROUP BY day, org_id;
