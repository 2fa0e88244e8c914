-- days --
SELECT day, kind FROM calendar_day WHERE ended_at IS NULL ORDER BY day;

-- years --
-- Ended days count: what somebody took out is not put back.
SELECT DISTINCT extract(year FROM day)::integer FROM calendar_day;

-- add --
INSERT INTO calendar_day (day, kind, name, source, created_at, created_by)
VALUES (%(day)s, %(kind)s, %(name)s, %(source)s, %(now)s, %(login)s)
ON CONFLICT (day) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- end --
UPDATE calendar_day SET ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL
RETURNING day, kind, name, source;

-- standing --
SELECT id, kind, name, source FROM calendar_day WHERE day = %(day)s AND ended_at IS NULL;

-- list --
SELECT id, day, kind, name, source, created_at, created_by, ended_at
  FROM calendar_day
 WHERE id > %(after)s AND (%(year)s::integer IS NULL OR extract(year FROM day) = %(year)s)
   AND (%(history)s OR ended_at IS NULL)
 ORDER BY id
 LIMIT %(limit)s;

-- is_topmost --
SELECT parent_id IS NULL FROM org WHERE id = %(org_id)s;
