-- windows --
-- Judged windows of the span with their verdicts, and where they belong.
SELECT w.id, org.name, point.name, v.result, v.reasons
  FROM patrol_window w
  JOIN org ON org.id = w.org_id
  JOIN patrol_point point ON point.id = w.point_id
  JOIN LATERAL (SELECT result, reasons FROM patrol_verdict
                 WHERE window_id = w.id ORDER BY version DESC LIMIT 1) v ON true
 WHERE w.opens_at >= %(from_at)s AND w.opens_at < %(to_at)s AND w.settled_at IS NOT NULL
   AND w.withdrawn_at IS NULL AND w.org_id = ANY(%(org_ids)s)
 ORDER BY w.opens_at, w.id
 LIMIT %(limit)s;
