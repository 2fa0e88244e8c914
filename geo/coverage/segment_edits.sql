-- list --
SELECT id, shape FROM segment_shape
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- shape --
SELECT shape FROM segment_shape WHERE id = %(id)s AND org_id = ANY(%(org_ids)s);

-- add --
INSERT INTO patrol_segment (org_id, name, grade, line, width_m, created_at, created_by)
VALUES (%(org_id)s, %(name)s, %(grade)s, %(line)s, %(width_m)s, %(now)s, %(login)s)
RETURNING id;

-- hold --
SELECT org_id FROM patrol_segment
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s)
   FOR UPDATE;

-- end --
UPDATE patrol_segment SET ended_at = %(now)s WHERE id = %(id)s;
