-- keys_known --
-- Acks that have moved their task before.
SELECT idempotency_key FROM task_move WHERE idempotency_key = ANY(%(keys)s);

-- last_ack --
-- The newest observed time of a unit's own decisions about a task.
SELECT max(at)
  FROM task_move
 WHERE task_id = %(task_id)s AND actor = %(actor)s AND move = ANY(%(moves)s);

-- place --
-- Where the unit was, if it was seen near that time.
SELECT lat_e7 / 1e7::float8, lon_e7 / 1e7::float8
  FROM unit_state
 WHERE device_no = %(device_no)s
   AND position_at BETWEEN %(at)s - %(near)s::interval AND %(at)s + %(near)s::interval;
