-- lock_key --
-- A command retried while its first copy still runs waits here, then finds the first's move.
SELECT pg_advisory_xact_lock(hashtextextended(%(idempotency_key)s, 7305104));

-- move_by_key --
SELECT task_move.task_id, task_move.move, task.org_id
  FROM task_move
  JOIN task ON task.id = task_move.task_id
 WHERE task_move.idempotency_key = %(idempotency_key)s;

-- insert_task --
INSERT INTO task (org_id, kind, title, instructions, priority, lat_deg, lon_deg, deadline,
                  deadline_workdays, first_report_due, starts_at,
                  state, version, created_by, created_at, changed_at, source)
VALUES (%(org_id)s, %(kind)s, %(title)s, %(instructions)s, %(priority)s, %(lat_deg)s, %(lon_deg)s,
        %(deadline)s, %(deadline_workdays)s, %(first_report_due)s, %(starts_at)s,
        %(state)s, 1, %(actor)s, %(now)s, %(now)s, %(source)s)
RETURNING id, org_id, kind, title, instructions, priority, lat_deg, lon_deg, deadline, state,
          version, deadline_workdays, deferred_at;

-- lock_tasks --
-- In order of id, so that two who lock several never wait for each other in a ring.
SELECT id, org_id, kind, title, instructions, priority, lat_deg, lon_deg, deadline, state,
       version, deadline_workdays, deferred_at
  FROM task
 WHERE id = ANY(%(task_ids)s)
   AND (%(org_ids)s::bigint[] IS NULL OR org_id = ANY(%(org_ids)s))
 ORDER BY id
   FOR UPDATE;

-- update_task --
UPDATE task
   SET state = %(state)s,
       version = version + 1,
       changed_at = %(now)s,
       deadline = coalesce(%(deadline)s, deadline),
       starts_at = coalesce(%(starts_at)s, starts_at),
       deferred_until = CASE WHEN %(state)s = 'deferred'
                             THEN coalesce(%(deferred_until)s, deferred_until) END,
       deferred_at = CASE WHEN %(state)s = 'deferred' THEN coalesce(deferred_at, %(now)s) END,
       -- Of milestones the first counts; of what can be done again, the last.
       contacted_at = CASE WHEN %(move)s = 'contact' THEN coalesce(contacted_at, %(at)s)
                           ELSE contacted_at END,
       first_report_at = CASE WHEN %(move)s = 'first_report' THEN coalesce(first_report_at, %(at)s)
                              ELSE first_report_at END,
       resolved_at = CASE %(move)s WHEN 'resolve' THEN %(at)s WHEN 'reopen' THEN NULL
                                   ELSE resolved_at END,
       reported_at = CASE %(move)s WHEN 'report' THEN %(at)s WHEN 'reopen' THEN NULL
                                   ELSE reported_at END,
       closed_at = CASE WHEN %(move)s = 'close' THEN %(at)s ELSE closed_at END
 WHERE id = %(task_id)s
RETURNING id, org_id, kind, title, instructions, priority, lat_deg, lon_deg, deadline, state,
          version, deadline_workdays, deferred_at;

-- insert_move --
INSERT INTO task_move (task_id, version, move, before, after, actor, at, lat_deg, lon_deg,
                       reason, idempotency_key)
VALUES (%(task_id)s, %(version)s, %(move)s, %(before)s, %(after)s, %(actor)s, %(at)s,
        %(lat_deg)s, %(lon_deg)s, %(reason)s, %(idempotency_key)s);

-- moves_of --
SELECT task_move.version, move, before, after, actor, at, known_at, task_move.lat_deg,
       task_move.lon_deg, reason
  FROM task_move
  JOIN task ON task.id = task_move.task_id
 WHERE task_move.task_id = %(task_id)s
   AND task.org_id = ANY(%(org_ids)s)
 ORDER BY task_move.version;

-- shape --
SELECT shape FROM task_shape WHERE id = %(task_id)s AND org_id = ANY(%(org_ids)s);

-- shape_unscoped --
-- For the body of an event, which carries the organisation it is for.
SELECT shape FROM task_shape WHERE id = %(task_id)s;

-- page --
SELECT task_shape.id, task_shape.shape
  FROM (SELECT id FROM task
         WHERE org_id = ANY(%(org_ids)s)
           AND id > %(after)s
           AND (%(open)s::boolean IS NULL OR is_open = %(open)s)
         ORDER BY id
         LIMIT %(limit)s) page
  JOIN task_shape ON task_shape.id = page.id
 ORDER BY task_shape.id;

-- recent --
SELECT task_shape.shape
  FROM task
  JOIN task_shape ON task_shape.id = task.id
 WHERE task.org_id = ANY(%(org_ids)s)
   AND (task.is_open OR task.changed_at >= %(since)s)
 ORDER BY task.id;

-- attached --
SELECT DISTINCT kind FROM task_attachment WHERE task_id = %(task_id)s ORDER BY kind;

-- reports --
-- What was said at the moves that report or decide, in order.
SELECT reason FROM task_move
 WHERE task_id = %(task_id)s AND move IN ('resolve', 'report', 'verify', 'close', 'reject', 'cancel')
   AND reason <> ''
 ORDER BY version;
