-- shapes --
SELECT shape FROM point_shape WHERE org_id = ANY(%(org_ids)s) ORDER BY id;

-- shape --
SELECT shape FROM point_shape WHERE id = %(id)s;

-- tag_taken --
SELECT EXISTS (SELECT FROM patrol_point WHERE tag = %(tag)s);

-- add --
INSERT INTO patrol_point (org_id, name, fence_id, tag, grade, created_at)
VALUES (%(org_id)s, %(name)s, %(fence_id)s, %(tag)s, %(grade)s, %(now)s)
RETURNING id;
