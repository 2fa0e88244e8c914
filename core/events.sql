-- lock_events --
-- Taken last in a transaction and held to its commit, so that ids become
-- visible in order: a client resuming after id N never falls into a hole.
SELECT pg_advisory_xact_lock(7305101);

-- append --
INSERT INTO event (kind, at, org_id, device_no, task_id, actor, body)
VALUES (%(kind)s, %(at)s, %(org_id)s, %(device_no)s, %(task_id)s, %(actor)s, %(body)s)
RETURNING id;

-- after --
SELECT id, at, known_at, kind, org_id, device_no, task_id, actor, body
  FROM event
 WHERE id > %(after)s
   AND org_id = ANY(%(org_ids)s)
 ORDER BY id
 LIMIT %(limit)s;

-- after_unscoped --
-- For the hub, which decides scope for each message and each viewer itself.
SELECT id, at, known_at, kind, org_id, device_no, task_id, actor, body
  FROM event
 WHERE id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- newest --
SELECT coalesce(max(id), 0) AS newest FROM event;

-- oldest --
SELECT coalesce(min(id), 0) AS oldest FROM event;
