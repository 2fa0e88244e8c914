-- shapes --
SELECT shape FROM point_shape WHERE org_id = ANY(%(org_ids)s) ORDER BY id;

-- shape --
SELECT shape FROM point_shape WHERE id = %(id)s;

-- tag_taken --
SELECT EXISTS (SELECT FROM patrol_point WHERE tag = %(tag)s AND id IS DISTINCT FROM %(id)s)
    OR EXISTS (SELECT FROM tag_enrolment
                WHERE uid = %(tag)s AND ended_at IS NULL AND point_id IS DISTINCT FROM %(id)s);

-- add --
INSERT INTO patrol_point (org_id, name, fence_id, tag, grade, created_at)
VALUES (%(org_id)s, %(name)s, %(fence_id)s, %(tag)s, %(grade)s, %(now)s)
RETURNING id;

-- hold --
SELECT point.org_id, point.fence_id, point.name, fence.lon_deg, fence.lat_deg, fence.radius_m,
       point.tag, point.grade
  FROM patrol_point point
  JOIN fence ON fence.id = point.fence_id
 WHERE point.id = %(id)s AND point.ended_at IS NULL AND point.org_id = ANY(%(org_ids)s)
   FOR UPDATE OF point;

-- edit --
UPDATE patrol_point
   SET name = %(name)s, tag = %(tag)s, grade = %(grade)s, fence_id = %(fence_id)s
 WHERE id = %(id)s;

-- rename_fence --
-- A name is a label: renaming must not end anybody's stay.
UPDATE fence SET name = %(name)s WHERE id = %(fence_id)s;

-- end_fence --
UPDATE fence SET ended_at = %(now)s WHERE id = %(fence_id)s;

-- stood --
INSERT INTO point_place (point_id, until_at, fence_id) VALUES (%(id)s, %(now)s, %(fence_id)s);

-- keep_place --
-- Windows that somebody may have kept already are judged where the point stood then.
UPDATE patrol_window SET fence_id = %(fence_id)s
 WHERE point_id = %(id)s AND fence_id IS NULL AND withdrawn_at IS NULL
   AND opens_at - make_interval(secs => early_s) <= %(now)s;

-- take_down --
-- A tag hung at the point until now; of one nobody enrolled that is put on record here.
WITH known AS (
    UPDATE tag_enrolment SET ended_at = %(now)s
     WHERE uid = %(tag)s AND point_id = %(id)s AND ended_at IS NULL RETURNING id)
INSERT INTO tag_enrolment (uid, point_id, enrolled_at, enrolled_by, ended_at)
SELECT %(tag)s, id, least(created_at, %(now)s), %(login)s, %(now)s
  FROM patrol_point
 WHERE id = %(id)s
   AND NOT EXISTS (SELECT FROM tag_enrolment WHERE uid = %(tag)s AND point_id = %(id)s);

-- hang --
-- As the tag was when it hung elsewhere: a chip that signs is one still.
INSERT INTO tag_enrolment (uid, point_id, chip, enrolled_at, enrolled_by)
SELECT %(tag)s, %(id)s,
       coalesce((SELECT chip FROM tag_enrolment WHERE uid = %(tag)s ORDER BY id DESC LIMIT 1),
                'uid'), %(now)s, %(login)s;

-- end --
UPDATE patrol_point SET ended_at = %(now)s, tag = NULL WHERE id = %(id)s;
