-- duties --
-- Windows of the next hours that nobody has served, with who is rostered for them. A window is
-- judged again when somebody comes, so a verdict that counts means served.
SELECT w.id, w.point_id, point.name, w.opens_at,
       w.closes_at + make_interval(secs => w.late_s), fence.lat_deg, fence.lon_deg,
       array_agg(DISTINCT s.device_no)
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN fence ON fence.id = point.fence_id
  JOIN roster_shift s
    ON s.ended_at IS NULL AND s.kind = 'patrol'
       AND s.starts_at < w.closes_at + make_interval(secs => w.late_s)
       AND s.ends_at > greatest(w.opens_at - make_interval(secs => w.early_s), %(now)s)
       AND (w.point_id = ANY(s.point_ids) OR s.route_id = w.route_id
            OR (s.org_id = w.org_id AND s.route_id IS NULL AND cardinality(s.point_ids) = 0))
 WHERE w.withdrawn_at IS NULL
   AND w.org_id = ANY(%(org_ids)s)
   AND w.closes_at > %(now)s - interval '1 day'
   AND w.closes_at + make_interval(secs => w.late_s) > %(now)s
   AND w.opens_at < %(until)s
   AND NOT EXISTS (SELECT FROM patrol_verdict_now v
                    WHERE v.window_id = w.id
                      AND v.result IN ('on_time', 'early', 'late', 'excused', 'makeup'))
   AND NOT EXISTS (SELECT FROM patrol_excuse e WHERE e.window_id = w.id AND e.ended_at IS NULL)
   AND NOT EXISTS (SELECT FROM roster_shift leave
                    WHERE leave.ended_at IS NULL AND leave.kind = 'leave'
                      AND leave.device_no = s.device_no
                      AND leave.starts_at < w.closes_at AND leave.ends_at > w.opens_at)
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
-- A window this terminal is rostered for and that nobody has served; what its excuse says.
SELECT w.id
  FROM patrol_window w
  JOIN roster_shift s
    ON s.ended_at IS NULL AND s.kind = 'patrol' AND s.device_no = %(device_no)s
       AND s.starts_at < w.closes_at + make_interval(secs => w.late_s)
       AND s.ends_at > w.opens_at - make_interval(secs => w.early_s)
       AND (w.point_id = ANY(s.point_ids) OR s.route_id = w.route_id
            OR (s.org_id = w.org_id AND s.route_id IS NULL AND cardinality(s.point_ids) = 0))
 WHERE w.id = ANY(%(ids)s) AND w.withdrawn_at IS NULL AND w.org_id = ANY(%(org_ids)s)
   AND w.closes_at + make_interval(secs => w.late_s) > %(now)s
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
