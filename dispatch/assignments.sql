-- owner --
SELECT assignment.id, assignment.state, assignment.device_no, device.id AS device_id
  FROM assignment
  JOIN device ON device.no = assignment.device_no
 WHERE assignment.task_id = %(task_id)s
   AND NOT assignment.ended;

-- assignments_of --
-- Oldest first. An ended one says in changed_at when it ended.
SELECT id, task_id, device_no, state, ended, created_at, changed_at
  FROM assignment
 WHERE task_id = ANY(%(task_ids)s)
 ORDER BY id;

-- insert_assignment --
INSERT INTO assignment (task_id, device_no, org_id, state, created_at, changed_at)
VALUES (%(task_id)s, %(device_no)s, %(org_id)s, %(state)s, %(now)s, %(now)s);

-- move_assignment --
-- An offer begins when it is made, also where the unit was reserved before.
UPDATE assignment
   SET state = %(state)s, ended = %(ended)s, changed_at = %(now)s,
       created_at = CASE WHEN state = 'reserved' AND %(state)s = 'offered' THEN %(now)s
                         ELSE created_at END
 WHERE id = %(assignment_id)s;

-- unit_by_id --
SELECT no, id, org_id, kind
  FROM device
 WHERE id = %(device_id)s
   AND org_id = ANY(%(org_ids)s)
   AND revoked_at IS NULL;

-- queue_message --
INSERT INTO device_message (device_no, org_id, channel, task_id, body, queued_at)
SELECT no, org_id, 'task', %(task_id)s, %(body)s, %(now)s
  FROM device
 WHERE no = %(device_no)s;
