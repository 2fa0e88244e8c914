-- slots --
-- Every window of these points about these times: check-ins are shared out among all of them.
SELECT w.id, w.point_id, w.due_at,
       w.opens_at - make_interval(secs => w.early_s),
       w.closes_at + make_interval(secs => w.late_s)
  FROM patrol_window w
 WHERE w.point_id = ANY(%(point_ids)s) AND w.withdrawn_at IS NULL
   AND w.closes_at >= %(from_at)s AND w.opens_at <= %(to_at)s;

-- proofs --
SELECT point_id, device_no, at, seq, corrected_at, method, auth, place, level, distance_m, flags
  FROM checkin_proof_now
 WHERE point_id = ANY(%(point_ids)s) AND corrected_at BETWEEN %(from_at)s AND %(to_at)s
 ORDER BY point_id, corrected_at, device_no, seq;

-- crossings --
SELECT c.fence_id, c.device_no, c.kind, c.at
  FROM crossing_now c
 WHERE c.fence_id = ANY(%(fence_ids)s) AND c.kind <> 'dwelt'
   AND c.at BETWEEN %(from_at)s AND %(to_at)s
 ORDER BY c.fence_id, c.device_no, c.at, c.kind DESC;

-- fixes_since --
-- The newest first: how long a stay that has not ended is known to last.
SELECT at, lon_e7 / 1e7::float8, lat_e7 / 1e7::float8
  FROM position
 WHERE device_no = %(device_no)s AND at >= %(from_at)s AND at <= %(to_at)s AND flags & 1 = 1
 ORDER BY at DESC, seq DESC
 LIMIT 200;

-- expected --
-- Who was rostered for a window: for its point, its route, or for all of its squad.
SELECT w.id, s.device_no, device.period_s, s.starts_at, s.ends_at,
       coalesce(greatest(unit.position_at, unit.status_at), '-infinity') < w.to_at
  FROM (SELECT id, org_id, point_id, route_id,
               opens_at - make_interval(secs => early_s) AS from_at,
               closes_at + make_interval(secs => late_s) AS to_at
          FROM patrol_window WHERE id = ANY(%(ids)s)) w
  JOIN roster_shift s
    ON s.ended_at IS NULL AND s.kind = 'patrol' AND s.starts_at < w.to_at AND s.ends_at > w.from_at
       AND (w.point_id = ANY(s.point_ids) OR s.route_id = w.route_id
            OR (s.org_id = w.org_id AND s.route_id IS NULL AND cardinality(s.point_ids) = 0))
  JOIN device ON device.no = s.device_no
  LEFT JOIN unit_state unit ON unit.device_no = s.device_no
 WHERE NOT EXISTS (
       SELECT FROM roster_shift leave
        WHERE leave.ended_at IS NULL AND leave.kind = 'leave' AND leave.device_no = s.device_no
          AND leave.starts_at < w.to_at AND leave.ends_at > w.from_at)
 ORDER BY w.id, s.device_no, s.starts_at;

-- alive --
-- Spans of the sessions that were heard about the time of the window.
SELECT session_no, started_at, seen_at
  FROM alive_span
 WHERE seen_at >= %(from_at)s AND started_at <= %(to_at)s;

-- pardons --
-- An approved appeal outweighs an excuse; of several the last one.
SELECT DISTINCT ON (window_id) window_id, kind, why, id
  FROM (SELECT a.window_id, a.kind, a.reason AS why, a.id, d.decided_at AS at, 1 AS rank
          FROM patrol_appeal a
          JOIN patrol_appeal_decision d ON d.appeal_id = a.id AND d.decision = 'approved'
         WHERE a.window_id = ANY(%(ids)s)
        UNION ALL
        SELECT window_id, 'excused', reason, id, created_at, 2
          FROM patrol_excuse
         WHERE window_id = ANY(%(ids)s) AND ended_at IS NULL) pardon
 ORDER BY window_id, rank, at DESC, id DESC;
