-- add --
INSERT INTO patrol_grade (org_id, grade, valid_from, rule, created_at, created_by)
VALUES (%(org_id)s, %(grade)s, %(valid_from)s, %(rule)s, %(now)s, %(login)s)
ON CONFLICT (org_id, grade, valid_from) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- end --
UPDATE patrol_grade SET ended_at = %(now)s
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s)
RETURNING org_id;

-- grades --
-- Those of the organisations above hold here as well.
SELECT g.id, g.org_id, g.grade, g.valid_from, g.rule, g.created_at, g.created_by, g.ended_at
  FROM patrol_grade g
 WHERE (g.org_id = ANY(%(org_ids)s)
        OR g.org_id = ANY((SELECT path FROM org WHERE id = %(own)s)::bigint[]))
   AND g.id > %(after)s AND (%(id)s::bigint IS NULL OR g.id = %(id)s)
   AND (%(history)s OR g.ended_at IS NULL)
 ORDER BY g.id
 LIMIT %(limit)s;

-- add_raise --
INSERT INTO patrol_raise (org_id, name, grade, fence_id, point_ids, valid_from, valid_to,
                          created_at, created_by)
VALUES (%(org_id)s, %(name)s, %(grade)s, %(fence_id)s, %(point_ids)s, %(valid_from)s,
        %(valid_to)s, %(now)s, %(login)s)
RETURNING id;

-- end_raise --
UPDATE patrol_raise SET ended_at = %(now)s
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s)
RETURNING org_id;

-- raises --
SELECT id, org_id, name, grade, fence_id, point_ids, valid_from, valid_to, created_at, created_by,
       ended_at
  FROM patrol_raise
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s AND (%(id)s::bigint IS NULL OR id = %(id)s)
   AND (%(history)s OR ended_at IS NULL)
 ORDER BY id
 LIMIT %(limit)s;
