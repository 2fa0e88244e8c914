-- strangers --
-- Of the things named, those that are not within the organisation: kinds and ids.
WITH reach AS (SELECT id FROM org WHERE path @> ARRAY[%(org_id)s::bigint])
SELECT 'point', k.id FROM unnest(%(points)s::bigint[]) AS k (id)
 WHERE NOT EXISTS (SELECT FROM patrol_point t WHERE t.id = k.id AND t.ended_at IS NULL
                    AND t.org_id IN (SELECT id FROM reach))
 UNION ALL
SELECT 'fence', k.id FROM unnest(%(fences)s::bigint[]) AS k (id)
 WHERE NOT EXISTS (SELECT FROM fence t WHERE t.id = k.id AND t.ended_at IS NULL
                    AND t.org_id IN (SELECT id FROM reach))
 UNION ALL
SELECT 'route', k.id FROM unnest(%(routes)s::bigint[]) AS k (id)
 WHERE NOT EXISTS (SELECT FROM patrol_route t WHERE t.id = k.id AND t.ended_at IS NULL
                    AND t.org_id IN (SELECT id FROM reach))
 UNION ALL
SELECT 'segment', k.id FROM unnest(%(segments)s::bigint[]) AS k (id)
 WHERE NOT EXISTS (SELECT FROM patrol_segment t WHERE t.id = k.id AND t.ended_at IS NULL
                    AND t.org_id IN (SELECT id FROM reach));

-- add_plan --
INSERT INTO patrol_plan (org_id, name) VALUES (%(org_id)s, %(name)s)
ON CONFLICT (org_id, name) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- add_plan_version --
INSERT INTO patrol_plan_version (plan_id, version, valid_from, valid_to, body, note, created_at,
                                 created_by)
SELECT %(id)s, coalesce(max(version), 0) + 1, %(valid_from)s, %(valid_to)s, %(body)s, %(note)s,
       %(now)s, %(login)s
  FROM patrol_plan_version WHERE plan_id = %(id)s;

-- hold_plan --
SELECT org_id FROM patrol_plan
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s) FOR UPDATE;

-- end_plan --
UPDATE patrol_plan SET ended_at = %(now)s WHERE id = %(id)s;

-- plans --
SELECT plan.id, jsonb_build_object(
           'id', plan.id, 'org_id', plan.org_id, 'name', plan.name, 'ended_at', plan.ended_at,
           'in_force', (SELECT max(v.version) FROM patrol_plan_version v
                         WHERE v.plan_id = plan.id AND v.valid_from <= %(today)s
                           AND (v.valid_to IS NULL OR v.valid_to >= %(today)s)),
           'versions', (SELECT jsonb_agg(jsonb_build_object(
                                   'version', v.version, 'valid_from', v.valid_from,
                                   'valid_to', v.valid_to, 'body', v.body, 'note', v.note,
                                   'created_at', v.created_at, 'created_by', v.created_by)
                                 ORDER BY v.version)
                          FROM patrol_plan_version v WHERE v.plan_id = plan.id))
  FROM patrol_plan plan
 WHERE plan.org_id = ANY(%(org_ids)s) AND plan.id > %(after)s
   AND (%(id)s::bigint IS NULL OR plan.id = %(id)s)
   AND (%(history)s OR plan.ended_at IS NULL)
 ORDER BY plan.id
 LIMIT %(limit)s;

-- add_route --
INSERT INTO patrol_route (org_id, name) VALUES (%(org_id)s, %(name)s)
ON CONFLICT (org_id, name) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- add_route_version --
INSERT INTO patrol_route_version (route_id, version, valid_from, body, created_at, created_by)
SELECT %(id)s, coalesce(max(version), 0) + 1, %(valid_from)s, %(body)s, %(now)s, %(login)s
  FROM patrol_route_version WHERE route_id = %(id)s;

-- hold_route --
SELECT org_id FROM patrol_route
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s) FOR UPDATE;

-- end_route --
UPDATE patrol_route SET ended_at = %(now)s WHERE id = %(id)s;

-- routes --
SELECT route.id, jsonb_build_object(
           'id', route.id, 'org_id', route.org_id, 'name', route.name,
           'ended_at', route.ended_at,
           'in_force', (SELECT max(v.version) FROM patrol_route_version v
                         WHERE v.route_id = route.id AND v.valid_from <= %(today)s),
           'versions', (SELECT jsonb_agg(jsonb_build_object(
                                   'version', v.version, 'valid_from', v.valid_from,
                                   'body', v.body, 'created_at', v.created_at,
                                   'created_by', v.created_by)
                                 ORDER BY v.version)
                          FROM patrol_route_version v WHERE v.route_id = route.id))
  FROM patrol_route route
 WHERE route.org_id = ANY(%(org_ids)s) AND route.id > %(after)s
   AND (%(id)s::bigint IS NULL OR route.id = %(id)s)
   AND (%(history)s OR route.ended_at IS NULL)
 ORDER BY route.id
 LIMIT %(limit)s;

-- names --
SELECT id, name FROM patrol_point WHERE id = ANY(%(ids)s);
