-- add --
-- The same file attached twice is there once.
INSERT INTO task_attachment (task_id, kind, name, media_type, sha256, size, body, uri,
                             added_at, added_by)
VALUES (%(task_id)s, %(kind)s, %(name)s, %(media_type)s, %(sha256)s, %(size)s, %(body)s, %(uri)s,
        %(now)s, %(by)s)
ON CONFLICT DO NOTHING
RETURNING id;

-- list --
SELECT a.id, a.task_id, a.kind, a.name, a.media_type, a.sha256, a.size, a.uri, a.added_at,
       a.added_by
  FROM task_attachment a
 WHERE a.task_id = %(task_id)s
 ORDER BY a.id;

-- body --
SELECT a.name, a.media_type, a.sha256, a.body
  FROM task_attachment a
  JOIN task ON task.id = a.task_id
 WHERE a.id = %(id)s AND a.task_id = %(task_id)s AND task.org_id = ANY(%(org_ids)s);
