-- window --
SELECT w.org_id, w.closes_at, v.version, v.result,
       EXISTS (SELECT FROM patrol_appeal a
                WHERE a.window_id = w.id
                  AND NOT EXISTS (SELECT FROM patrol_appeal_decision d WHERE d.appeal_id = a.id))
  FROM patrol_window w
  LEFT JOIN LATERAL (SELECT version, result FROM patrol_verdict
                      WHERE window_id = w.id ORDER BY version DESC LIMIT 1) v ON true
 WHERE w.id = %(window_id)s AND w.org_id = ANY(%(org_ids)s) AND w.withdrawn_at IS NULL
   FOR UPDATE OF w;

-- file --
INSERT INTO patrol_appeal (window_id, org_id, kind, reason, evidence, verdict_version,
                           created_at, created_by)
VALUES (%(window_id)s, %(org_id)s, %(kind)s, %(reason)s, %(evidence)s, %(version)s, %(now)s,
        %(login)s)
RETURNING id;

-- open --
SELECT a.window_id, a.created_by,
       EXISTS (SELECT FROM patrol_appeal_decision d WHERE d.appeal_id = a.id)
  FROM patrol_appeal a
 WHERE a.id = %(id)s AND a.org_id = ANY(%(org_ids)s)
   FOR UPDATE OF a;

-- decide --
INSERT INTO patrol_appeal_decision (appeal_id, decision, note, decided_at, decided_by)
VALUES (%(id)s, %(decision)s, %(note)s, %(now)s, %(login)s);

-- shape --
SELECT org_id, shape FROM appeal_shape WHERE id = %(id)s;

-- shapes --
SELECT id, shape
  FROM appeal_shape
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s
   AND (%(state)s::text IS NULL OR (%(state)s = 'open') = (shape ->> 'state' = 'open'))
 ORDER BY id
 LIMIT %(limit)s;

-- of_window --
SELECT shape FROM appeal_shape WHERE (shape ->> 'window_id')::bigint = %(window_id)s
   AND id IN (SELECT id FROM patrol_appeal WHERE window_id = %(window_id)s) ORDER BY id;

-- excuse --
INSERT INTO patrol_excuse (window_id, kind, reason, task_id, assignment_id, created_at, created_by)
VALUES (%(window_id)s, %(kind)s, %(reason)s, %(task_id)s,
        (SELECT id FROM assignment WHERE task_id = %(task_id)s AND NOT ended
          ORDER BY id DESC LIMIT 1), %(now)s, %(login)s)
RETURNING id;

-- task_in_scope --
SELECT EXISTS (SELECT FROM task WHERE id = %(task_id)s AND org_id = ANY(%(org_ids)s));

-- end_excuse --
UPDATE patrol_excuse e SET ended_at = %(now)s
  FROM patrol_window w
 WHERE e.id = %(id)s AND e.ended_at IS NULL AND w.id = e.window_id
   AND w.org_id = ANY(%(org_ids)s)
RETURNING e.window_id, w.org_id, e.kind, e.reason;

-- excuses_of --
SELECT id, kind, reason, task_id, assignment_id, created_at, created_by, ended_at
  FROM patrol_excuse WHERE window_id = %(window_id)s ORDER BY id;
