-- points --
SELECT id, org_id, grade FROM patrol_point WHERE ended_at IS NULL ORDER BY id;

-- add --
-- Made once, however often the sweep runs.
INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at, grace_s, min_dwell_s,
                           created_by, created_at)
VALUES (%(org_id)s, %(point_id)s, %(opens_at)s, %(due_at)s, %(closes_at)s, %(grace_s)s,
        %(min_dwell_s)s, %(created_by)s, %(now)s)
ON CONFLICT (point_id, opens_at, closes_at) WHERE withdrawn_at IS NULL DO NOTHING
RETURNING id;

-- point_org --
SELECT org_id FROM patrol_point
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s);

-- shapes --
SELECT s.shape FROM window_shape s
  JOIN patrol_window w ON w.id = s.id
 WHERE s.org_id = ANY(%(org_ids)s) AND w.closes_at >= %(since)s AND w.opens_at < %(until)s
 ORDER BY w.opens_at, w.id;

-- shape --
SELECT shape FROM window_shape WHERE id = %(id)s;
