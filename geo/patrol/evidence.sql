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
-- Who was rostered for a window, and whether the terminal has been heard of since it was over.
SELECT r.window_id, r.device_no, device.period_s, r.starts_at, r.ends_at,
       coalesce(greatest(unit.position_at, unit.status_at), '-infinity') < r.to_at
  FROM window_rostered r
  JOIN device ON device.no = r.device_no
  LEFT JOIN unit_state unit ON unit.device_no = r.device_no
 WHERE r.window_id = ANY(%(ids)s)
 ORDER BY r.window_id, r.device_no, r.starts_at;

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
