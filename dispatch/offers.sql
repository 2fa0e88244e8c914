-- open_offers --
SELECT a.id AS assignment_id, a.task_id, a.state, task.priority, a.created_at AS offered_at,
       a.told_again
  FROM assignment a
  JOIN task ON task.id = a.task_id
 WHERE NOT a.ended AND a.state IN ('offered', 'delivered', 'read')
 ORDER BY a.task_id;

-- still --
-- The same under the task's lock: its device may have answered meanwhile.
SELECT id AS assignment_id, task_id, state, %(priority)s::integer AS priority,
       created_at AS offered_at, told_again, device_no
  FROM assignment
 WHERE id = %(assignment_id)s AND NOT ended AND state IN ('offered', 'delivered', 'read');

-- count_told --
UPDATE assignment SET told_again = told_again + 1 WHERE id = %(assignment_id)s;

-- waiting --
-- Tasks that nobody has taken; lapses count since a person last had a hand in it, returns always.
WITH waiting AS (
    SELECT task.id, task.org_id, task.title, task.priority, task.state, task.lon_deg, task.lat_deg,
           coalesce((SELECT max(version) FROM task_move
                      WHERE task_id = task.id AND actor <> 'system'
                        AND move NOT IN ('deliver', 'read')), 0) AS decided
      FROM task
     WHERE task.state IN ('dispatched', 'delivered', 'read', 'returned')
)
SELECT waiting.id AS task_id, org_id, title, priority, state,
       (SELECT count(*) FROM task_move
         WHERE task_id = waiting.id AND move = 'lapse' AND version > decided)::integer AS lapses,
       (SELECT count(*) FROM task_move
         WHERE task_id = waiting.id AND move = 'return')::integer AS returns,
       coalesce((SELECT array_agg(DISTINCT device_no) FROM assignment
                  WHERE task_id = waiting.id), '{}') AS tried,
       lon_deg, lat_deg
  FROM waiting
 ORDER BY waiting.id;

-- undelivered --
SELECT task_id FROM assignment WHERE NOT ended AND state = 'offered' AND told_again > 0;

-- active --
SELECT type, source FROM alarm WHERE active AND type = ANY(%(types)s);

-- due_to_start --
-- Scheduled work whose time has come: the one it is reserved for.
SELECT task.id, a.device_no
  FROM task
  JOIN assignment a ON a.task_id = task.id AND NOT a.ended AND a.state = 'reserved'
 WHERE task.starts_at <= %(until)s
 ORDER BY task.id;

-- due_to_resume --
SELECT id FROM task WHERE state = 'deferred' AND deferred_until <= %(now)s ORDER BY id;

-- scope --
-- Who may be sent on a task of this organisation: its own, and those of the squads below it.
SELECT id FROM org WHERE path @> ARRAY[%(org_id)s::bigint];
