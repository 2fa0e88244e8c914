-- clips --
-- With the newest word on each class, whether its task is open, and how far its deletion is.
SELECT c.device_no, device.id AS device_id, c.recording_id, c.org_id, org.name AS org, c.person_id,
       person.name AS person, c.start_at, c.stop_at, c.offset_ms, c.gaps, c.off_reason, c.task_id,
       c.tags, c.size_bytes, c.sha256, c.sm3, c.uri, c.told_at, c.uploaded_at, c.upload_due,
       coalesce((SELECT jsonb_object_agg(class, holds)
                   FROM (SELECT DISTINCT ON (h.class) h.class, h.holds FROM recording_hold h
                          WHERE h.device_no = c.device_no AND h.recording_id = c.recording_id
                          ORDER BY h.class, h.id DESC) last), '{}') AS holds,
       coalesce(task.is_open, false) OR EXISTS (
           SELECT FROM recording_verdict v JOIN task t ON t.id = v.task_id AND t.is_open
            WHERE v.person_id = c.person_id AND v.scene_from < coalesce(c.stop_at, c.told_at)
              AND v.scene_to > c.start_at AND v.scene_from > c.start_at - interval '1 day')
           AS open_task, gone.step AS deletion, gone.by AS deletion_by,
       gone.at AS deletion_at, gone.sha256 AS tombstone_sha256
  FROM clip c
  JOIN device ON device.no = c.device_no
  JOIN org ON org.id = c.org_id
  LEFT JOIN person ON person.id = c.person_id
  LEFT JOIN task ON task.id = c.task_id
  LEFT JOIN LATERAL (SELECT * FROM recording_deletion d
                      WHERE d.device_no = c.device_no AND d.recording_id = c.recording_id
                      ORDER BY d.id DESC LIMIT 1) gone ON true
 WHERE c.org_id = ANY(%(org_ids)s) AND c.start_at >= %(since)s AND c.start_at < %(until)s
   AND (%(device_no)s::integer IS NULL OR c.device_no = %(device_no)s)
   AND (%(recording_id)s::text IS NULL OR c.recording_id = %(recording_id)s)
   AND (%(person_id)s::bigint IS NULL OR c.person_id = %(person_id)s)
   AND (%(task_id)s::bigint IS NULL OR c.task_id = %(task_id)s)
   AND (NOT %(asked)s OR gone.step = 'asked')
 ORDER BY c.start_at DESC, c.device_no, c.recording_id
 LIMIT %(limit)s;

-- device --
SELECT no FROM device WHERE id = %(id)s AND org_id = ANY(%(org_ids)s);

-- lock --
SELECT 1 FROM clip WHERE device_no = %(device_no)s AND recording_id = %(recording_id)s FOR UPDATE;

-- hold --
INSERT INTO recording_hold (device_no, recording_id, class, holds, note, created_at, created_by)
VALUES (%(device_no)s, %(recording_id)s, %(class)s, %(holds)s, %(note)s, %(now)s, %(by)s);

-- step --
INSERT INTO recording_deletion (device_no, recording_id, step, reason, tombstone, sha256, at, by)
VALUES (%(device_no)s, %(recording_id)s, %(step)s, %(reason)s, %(tombstone)s, %(sha256)s, %(now)s,
        %(by)s);

-- steps --
SELECT step, reason, at, by FROM recording_deletion
 WHERE device_no = %(device_no)s AND recording_id = %(recording_id)s ORDER BY id;

-- history --
SELECT class, holds, note, created_at, created_by FROM recording_hold
 WHERE device_no = %(device_no)s AND recording_id = %(recording_id)s ORDER BY id DESC;

-- due --
-- Past the days everything is kept, and by tag or word of a person nothing keeps it longer.
SELECT device_no, recording_id FROM clip c
 WHERE c.org_id = ANY(%(org_ids)s) AND greatest(c.start_at, c.told_at) < %(before)s
   AND c.start_at < %(before)s
   AND NOT EXISTS (SELECT FROM recording_deletion d
                    WHERE d.device_no = c.device_no AND d.recording_id = c.recording_id
                      AND d.step = 'deleted')
   AND (NOT c.tags && %(tags)s::text[]
        OR EXISTS (SELECT FROM recording_hold h
                    WHERE h.device_no = c.device_no AND h.recording_id = c.recording_id))
   AND NOT EXISTS (
       SELECT FROM (SELECT DISTINCT ON (h.class) h.holds FROM recording_hold h
                     WHERE h.device_no = c.device_no AND h.recording_id = c.recording_id
                     ORDER BY h.class, h.id DESC) last
        WHERE last.holds)
 ORDER BY c.start_at LIMIT %(limit)s;
