-- one_at_a_time --
-- Two that issue windows at once would both add what is missing.
SELECT pg_advisory_xact_lock(hashtext('patrol_windows'));

-- points --
SELECT point.id, point.org_id, org.path, point.grade, fence.lon_deg, fence.lat_deg
  FROM patrol_point point
  JOIN org ON org.id = point.org_id
  JOIN fence ON fence.id = point.fence_id
 WHERE point.ended_at IS NULL
 ORDER BY point.id;

-- grades --
SELECT org_id, grade, valid_from, rule FROM patrol_grade WHERE ended_at IS NULL ORDER BY id;

-- plans --
SELECT plan.id, plan.org_id, v.version, v.valid_from, v.valid_to, v.body
  FROM patrol_plan plan
  JOIN patrol_plan_version v ON v.plan_id = plan.id
 WHERE plan.ended_at IS NULL
 ORDER BY plan.id, v.version;

-- routes --
SELECT route.id, route.org_id, v.version, v.valid_from, NULL::date, v.body
  FROM patrol_route route
  JOIN patrol_route_version v ON v.route_id = route.id
 WHERE route.ended_at IS NULL
 ORDER BY route.id, v.version;

-- raises --
SELECT grade, org_id, point_ids, fence_id, valid_from, valid_to
  FROM patrol_raise
 WHERE ended_at IS NULL
 ORDER BY id;

-- zones --
-- Ended ones as well: what was planned for a zone stands until the plan says otherwise.
SELECT id, coalesce(polygon, jsonb_build_object(
           'type', 'Point', 'coordinates', jsonb_build_array(lon_deg, lat_deg))), radius_m
  FROM fence
 WHERE id = ANY(%(ids)s);

-- issued --
-- Standing windows that plans issued and that are not open yet, early time included.
SELECT id, point_id, opens_at, due_at, closes_at, early_s, late_s, grace_s, min_dwell_s, proof,
       min_level, grade, plan_id, plan_version, route_id, round, stop_no, route_order
  FROM patrol_window
 WHERE withdrawn_at IS NULL AND created_by IS NULL AND closes_at > %(now)s
   AND opens_at - make_interval(secs => early_s) > %(now)s
   AND (%(point_ids)s::bigint[] IS NULL OR point_id = ANY(%(point_ids)s))
 ORDER BY id
   FOR UPDATE;

-- withdraw --
UPDATE patrol_window SET withdrawn_at = %(now)s WHERE id = ANY(%(ids)s);

-- issue --
-- Made once, however often the sweep runs; one made by hand at the same time stands.
INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at, early_s, late_s, grace_s,
                           min_dwell_s, proof, min_level, grade, plan_id, plan_version, route_id,
                           round, stop_no, route_order, created_at)
SELECT point.org_id, w.point_id, w.opens_at, w.due_at, w.closes_at, w.early_s, w.late_s, w.grace_s,
       w.min_dwell_s, w.proof, w.min_level, w.grade, w.plan_id, w.plan_version, w.route_id,
       w.round, w.stop_no, w.route_order, %(now)s
  FROM jsonb_to_recordset(%(windows)s) AS w (
       point_id bigint, opens_at timestamptz, due_at timestamptz, closes_at timestamptz,
       early_s integer, late_s integer, grace_s integer, min_dwell_s integer, proof text,
       min_level smallint, grade smallint, plan_id bigint, plan_version integer, route_id bigint,
       round text, stop_no integer, route_order text)
  JOIN patrol_point point ON point.id = w.point_id
 ORDER BY w.opens_at, w.point_id
ON CONFLICT (point_id, opens_at, closes_at) WHERE withdrawn_at IS NULL DO NOTHING
RETURNING id;

-- shapes_of --
SELECT org_id, shape FROM window_shape WHERE id = ANY(%(ids)s) ORDER BY id;

-- add --
INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at, grace_s, min_dwell_s,
                           created_by, created_at)
VALUES (%(org_id)s, %(point_id)s, %(opens_at)s, %(due_at)s, %(closes_at)s, %(grace_s)s,
        %(min_dwell_s)s, %(login)s, %(now)s)
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
