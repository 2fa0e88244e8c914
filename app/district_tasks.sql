-- recordings --
-- Of cameras that officers wear; oldest first.
SELECT camera.id AS camera, r.recording_id, r.start_at, r.stop_at
  FROM recording r
  JOIN device camera ON camera.no = r.device_no
 WHERE r.stop_at < %(now)s ORDER BY r.start_at, r.recording_id;

-- officers --
SELECT id FROM device WHERE kind = 'officer' AND revoked_at IS NULL;

-- told --
-- What was to be told on those days was told on those days.
UPDATE device_message SET published_at = %(now)s
 WHERE published_at IS NULL AND task_id = ANY(%(task_ids)s);
