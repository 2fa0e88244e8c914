-- kind --
SELECT body FROM task_kind WHERE kind = %(kind)s ORDER BY id DESC LIMIT 1;

-- kinds --
SELECT DISTINCT ON (kind) id, kind, body, created_at, created_by FROM task_kind
 ORDER BY kind, id DESC;

-- add_kind --
INSERT INTO task_kind (kind, body, created_at, created_by)
VALUES (%(kind)s, %(body)s, %(now)s, %(login)s);

-- policy --
SELECT body, created_at, created_by FROM task_policy ORDER BY id DESC LIMIT 1;

-- add_policy --
INSERT INTO task_policy (body, created_at, created_by) VALUES (%(body)s, %(now)s, %(login)s);
