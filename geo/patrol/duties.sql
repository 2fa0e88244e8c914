-- duties --
-- Windows of the next hours that nobody has served, with who is rostered for them. A window is
-- judged again when somebody comes, so a verdict that counts means served.
SELECT w.id, w.point_id, point.name, w.opens_at,
       w.closes_at + make_interval(secs => w.late_s), fence.lat_deg, fence.lon_deg,
       array_agg(DISTINCT r.device_no)
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN fence ON fence.id = point.fence_id
  JOIN window_rostered r ON r.window_id = w.id AND r.ends_at > %(now)s
 WHERE w.withdrawn_at IS NULL
   AND w.org_id = ANY(%(org_ids)s)
   AND w.closes_at > %(now)s - interval '1 day'
   AND w.closes_at + make_interval(secs => w.late_s) > %(now)s
   AND w.opens_at < %(until)s
   AND NOT EXISTS (SELECT FROM patrol_verdict_now v
                    WHERE v.window_id = w.id
                      AND v.result IN ('on_time', 'early', 'late', 'excused', 'makeup'))
   AND NOT EXISTS (SELECT FROM patrol_excuse e WHERE e.window_id = w.id AND e.ended_at IS NULL)
 GROUP BY w.id, point.id, fence.id
 ORDER BY w.id;

-- manned --
-- Who is in which area or at which post by the last crossing of today.
SELECT fence.id, fence.name, array_agg(last.device_no)
  FROM (SELECT DISTINCT ON (c.device_no, c.fence_id) c.device_no, c.fence_id, c.kind
          FROM crossing_now c
         WHERE c.device_no = ANY(%(nos)s)
           AND c.kind IN ('entered', 'left') AND c.at > %(now)s - interval '12 hours'
         ORDER BY c.device_no, c.fence_id, c.at DESC, c.id DESC) last
  JOIN fence ON fence.id = last.fence_id
 WHERE last.kind = 'entered' AND fence.ended_at IS NULL AND fence.purpose IN ('area', 'post')
   AND fence.org_id = ANY(%(org_ids)s)
 GROUP BY fence.id
 ORDER BY fence.id;

-- excusable --
-- Windows this terminal is rostered for, that are not over and that nobody has served.
SELECT w.id
  FROM patrol_window w
  JOIN window_rostered r ON r.window_id = w.id AND r.device_no = %(device_no)s
 WHERE w.id = ANY(%(ids)s) AND w.withdrawn_at IS NULL AND w.org_id = ANY(%(org_ids)s)
   AND r.to_at > %(now)s
   AND NOT EXISTS (SELECT FROM patrol_verdict_now v
                    WHERE v.window_id = w.id
                      AND v.result IN ('on_time', 'early', 'late', 'makeup'));

-- by_dispatch --
-- Excuses that a task gave, of windows that are not over.
SELECT e.id, e.window_id, w.org_id, e.kind, e.reason
  FROM patrol_excuse e
  JOIN patrol_window w ON w.id = e.window_id
 WHERE e.task_id = %(task_id)s AND e.assignment_id = %(assignment_id)s AND e.kind = 'dispatch'
   AND e.ended_at IS NULL AND w.closes_at + make_interval(secs => w.late_s) > %(now)s
 ORDER BY e.id
   FOR UPDATE OF e;

-- end_excuses --
UPDATE patrol_excuse SET ended_at = %(now)s WHERE id = ANY(%(ids)s);
