-- units --
-- Everybody in scope with the newest fix and the newest reported state at or before the
-- moment; two index probes a device, within a day before it.
SELECT device.no, device.id, device.kind, device.name, device.label, device.org_id,
       device.period_s, p.lon_e7 / 1e7::float8 AS lon, p.lat_e7 / 1e7::float8 AS lat,
       p.spd_cms / 100::float8 AS spd_mps, p.crs_ddeg / 10::float8 AS crs_deg,
       p.at AS observed_at, s.state
  FROM device
  LEFT JOIN LATERAL (SELECT lon_e7, lat_e7, spd_cms, crs_ddeg, at FROM position
                      WHERE device_no = device.no AND at <= %(at)s
                        AND at > %(at)s - interval '1 day' AND flags & 1 = 1
                      ORDER BY at DESC, seq DESC LIMIT 1) p ON true
  LEFT JOIN LATERAL (SELECT state FROM status
                      WHERE device_no = device.no AND at <= %(at)s
                        AND at > %(at)s - interval '1 day'
                      ORDER BY at DESC, seq DESC LIMIT 1) s ON true
 WHERE device.org_id = ANY(%(org_ids)s) AND device.kind <> 'dock' AND device.kind <> 'scanner'
   AND (device.revoked_at IS NULL OR device.revoked_at > %(at)s)
 ORDER BY device.no;

-- tasks --
-- Open then, in the state of the newest move made by then, with who had them.
SELECT task.id, task.org_id, task.kind, task.title, task.priority, task.lon_deg AS lon,
       task.lat_deg AS lat, move.after AS state, move.version, owner.device_no
  FROM task
  JOIN LATERAL (SELECT after, version FROM task_move
                 WHERE task_id = task.id AND at <= %(at)s
                 ORDER BY version DESC LIMIT 1) move ON true
  LEFT JOIN LATERAL (SELECT device_no FROM assignment
                      WHERE task_id = task.id AND created_at <= %(at)s
                        AND (NOT ended OR changed_at > %(at)s)
                      ORDER BY id DESC LIMIT 1) owner ON true
 WHERE task.org_id = ANY(%(org_ids)s) AND task.created_at <= %(at)s
   AND (task.state <> ALL(%(endings)s) OR task.changed_at > %(at)s)
   AND move.after <> ALL(%(endings)s)
 ORDER BY task.id;

-- alarms --
-- Standing or unseen then. One raised again before anybody saw it counts as one that lasted.
SELECT id, org_id, type, source, device_no, priority, lon_deg AS lon, lat_deg AS lat, first_at,
       cleared_at IS NULL OR cleared_at > %(at)s AS active,
       ack_at IS NOT NULL AND ack_at <= %(at)s AS acknowledged
  FROM alarm
 WHERE org_id = ANY(%(org_ids)s) AND first_at <= %(at)s
   AND (cleared_at IS NULL OR cleared_at > %(at)s OR ack_at IS NULL OR ack_at > %(at)s)
 ORDER BY id;

-- windows --
-- Of about then, each with the verdict that was known at `as_of`.
SELECT w.id, w.org_id, w.point_id, w.opens_at, w.closes_at, v.result, v.version
  FROM patrol_window w
  LEFT JOIN LATERAL (SELECT result, version FROM patrol_verdict
                      WHERE window_id = w.id AND known_at <= %(as_of)s
                      ORDER BY version DESC LIMIT 1) v ON true
 WHERE w.org_id = ANY(%(org_ids)s)
   AND w.closes_at >= %(at)s - interval '1 hour' AND w.opens_at <= %(at)s + interval '1 hour'
   AND (w.withdrawn_at IS NULL OR w.withdrawn_at > %(at)s) AND w.created_at <= %(at)s
 ORDER BY w.id;

-- ticks --
-- What called somebody within a span: alarms raised, tasks made, windows found missed.
SELECT * FROM (
    SELECT at, CASE kind WHEN 'task.created' THEN 'task' ELSE 'alarm' END AS kind,
           coalesce((body #>> '{alarm,priority}')::integer, (body #>> '{task,priority}')::integer)
               AS priority,
           coalesce(body #>> '{alarm,type}', body #>> '{task,title}') AS what,
           device_no, task_id
      FROM event
     WHERE kind IN ('alarm.raised', 'task.created') AND at >= %(since)s AND at < %(until)s
       AND org_id = ANY(%(org_ids)s)
    UNION ALL
    SELECT w.closes_at, 'missed', 3, point.name, NULL, NULL
      FROM patrol_window w
      JOIN patrol_verdict_now v ON v.window_id = w.id AND v.result = 'missed'
      JOIN patrol_point point ON point.id = w.point_id
     WHERE w.closes_at >= %(since)s AND w.closes_at < %(until)s AND w.withdrawn_at IS NULL
       AND w.org_id = ANY(%(org_ids)s)) tick
 ORDER BY at, kind
 LIMIT %(limit)s;
