-- reassign --
UPDATE clip SET person_id = camera_holder(device_no, start_at)
 WHERE device_no = %(no)s AND start_at >= %(since)s
   AND person_id IS DISTINCT FROM camera_holder(device_no, start_at);

-- touch --
INSERT INTO recording_watch (task_id, due_at)
SELECT DISTINCT task_id, %(now)s::timestamptz FROM recording_verdict
 WHERE person_id = ANY(%(people)s) AND scene_to >= %(since)s
    ON CONFLICT (task_id) DO UPDATE SET due_at = least(recording_watch.due_at, excluded.due_at);
