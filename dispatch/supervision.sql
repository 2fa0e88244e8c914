-- overdue --
SELECT task.id AS task_id, task.org_id, task.title, task.priority, task.deadline,
       CASE WHEN task.first_report_at IS NULL THEN task.first_report_due END AS first_report_due,
       coalesce((SELECT jsonb_agg(jsonb_build_array(step, due_since))
                   FROM supervision WHERE task_id = task.id AND due_since IS NOT NULL), '[]')
           AS taken,
       task.lon_deg, task.lat_deg
  FROM task
 WHERE task.state = ANY(%(states)s)
   AND (task.deadline < %(now)s
        OR (task.first_report_at IS NULL AND task.first_report_due < %(now)s))
 ORDER BY task.id;

-- active --
SELECT source FROM alarm WHERE active AND type = %(type)s;

-- lock_numbers --
-- Numbers are given without a gap: who takes the next one waits for who took the last.
SELECT pg_advisory_xact_lock(hashtextextended('supervision', 7305106));

-- add --
INSERT INTO supervision (task_id, org_id, step, year, number, due_since, at, by, reason)
SELECT %(task_id)s, %(org_id)s, %(step)s, %(year)s,
       coalesce((SELECT max(number) FROM supervision
                  WHERE step = %(step)s AND year = %(year)s), 0) + 1,
       %(due_since)s, %(now)s, %(by)s, %(reason)s
 WHERE %(due_since)s::timestamptz IS NULL
    OR NOT EXISTS (SELECT FROM supervision WHERE task_id = %(task_id)s AND step = %(step)s
                      AND due_since = %(due_since)s)
RETURNING id, task_id, org_id, step, year, number, due_since, at, by, reason;

-- of_task --
SELECT s.id, s.task_id, s.org_id, s.step, s.year, s.number, s.due_since, s.at, s.by, s.reason
  FROM supervision s
  JOIN task ON task.id = s.task_id
 WHERE s.task_id = %(task_id)s AND task.org_id = ANY(%(org_ids)s)
 ORDER BY s.id;

-- list --
SELECT s.id, s.task_id, s.org_id, s.step, s.year, s.number, s.due_since, s.at, s.by, s.reason,
       task.title AS task, org.name AS org, task.state, task.deadline
  FROM supervision s
  JOIN task ON task.id = s.task_id
  JOIN org ON org.id = s.org_id
 WHERE s.org_id = ANY(%(org_ids)s)
   AND (%(since)s::timestamptz IS NULL OR s.at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR s.at < %(until)s)
   AND (%(step)s::text IS NULL OR s.step = %(step)s)
   AND s.id > %(after)s
 ORDER BY s.id
 LIMIT %(limit)s;
