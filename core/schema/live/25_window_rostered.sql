-- Who is rostered for a window, buffers included: for its point, its route, or for all of its
-- squad; not who is on leave then. The one answer for the judge and for whoever sends somebody.
CREATE OR REPLACE VIEW window_rostered AS
SELECT w.id AS window_id, s.device_no, w.to_at, s.starts_at, s.ends_at
  FROM (SELECT id, org_id, point_id, route_id,
               opens_at - make_interval(secs => early_s) AS from_at,
               closes_at + make_interval(secs => late_s) AS to_at
          FROM patrol_window) w
  JOIN roster_shift s
    ON s.ended_at IS NULL AND s.kind = 'patrol' AND s.starts_at < w.to_at AND s.ends_at > w.from_at
       AND (w.point_id = ANY(s.point_ids) OR s.route_id = w.route_id
            OR (s.org_id = w.org_id AND s.route_id IS NULL AND cardinality(s.point_ids) = 0))
 WHERE NOT EXISTS (
       SELECT FROM roster_shift leave
        WHERE leave.ended_at IS NULL AND leave.kind = 'leave' AND leave.device_no = s.device_no
          AND leave.starts_at < w.to_at AND leave.ends_at > w.from_at);
