-- reassign --
UPDATE clip SET person_id = device_holder(device_no, start_at)
 WHERE device_no = %(no)s AND start_at >= %(since)s
   AND person_id IS DISTINCT FROM device_holder(device_no, start_at);

-- mark --
INSERT INTO recording_day_dirty (day, person_id)
SELECT DISTINCT (c.start_at AT TIME ZONE 'Asia/Shanghai')::date, p.person_id
  FROM clip c CROSS JOIN unnest(%(people)s::bigint[]) AS p (person_id)
 WHERE c.device_no = %(no)s AND c.start_at >= %(since)s
 ORDER BY 1, 2
    ON CONFLICT (day, person_id) DO UPDATE SET day = excluded.day;

-- touch --
INSERT INTO recording_watch (task_id, due_at)
SELECT DISTINCT task_id, %(now)s::timestamptz FROM recording_verdict
 WHERE person_id = ANY(%(people)s) AND scene_to >= %(since)s
 ORDER BY 1
    ON CONFLICT (task_id) DO UPDATE SET due_at = least(recording_watch.due_at, excluded.due_at);
