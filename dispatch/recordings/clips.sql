-- states --
SELECT c.device_no, c.at, c.seq, c.conditions, c.dock, c.dock_since, c.docked_at, c.emptied_at,
       c.pending
  FROM camera_state c WHERE c.device_no = ANY(%(nos)s) ORDER BY c.device_no FOR UPDATE;

-- clocks --
-- How wrong each clock was when it was last heard afresh.
SELECT DISTINCT ON (device_no) device_no, offset_ms FROM camera_clock
 WHERE device_no = ANY(%(nos)s) ORDER BY device_no, from_at DESC;

-- add_clock --
INSERT INTO camera_clock (device_no, from_at, offset_ms)
VALUES (%(device_no)s, %(at)s, %(offset_ms)s)
    ON CONFLICT (device_no, from_at) DO NOTHING;

-- save_state --
-- Only forward in time, so that readings judged again change nothing.
INSERT INTO camera_state AS c (device_no, at, seq, conditions, dock, dock_since, docked_at,
                               emptied_at, pending)
VALUES (%(device_no)s, %(at)s, %(seq)s, %(conditions)s, %(dock)s, %(dock_since)s, %(docked_at)s,
        %(emptied_at)s, %(pending)s)
    ON CONFLICT (device_no) DO UPDATE
       SET at = excluded.at, seq = excluded.seq, conditions = excluded.conditions,
           dock = excluded.dock, dock_since = excluded.dock_since, docked_at = excluded.docked_at,
           emptied_at = excluded.emptied_at, pending = excluded.pending
     WHERE (excluded.at, excluded.seq) > (c.at, c.seq);

-- known_clips --
-- When they were thought to be, so that what they bore on then is looked at as well.
SELECT c.person_id, c.start_at, coalesce(c.stop_at, c.told_at)
  FROM unnest(%(nos)s::integer[], %(names)s::text[]) AS t (no, name)
  JOIN clip c ON c.device_no = t.no AND c.recording_id = t.name
 WHERE c.person_id IS NOT NULL;

-- add_clip --
-- Told twice, the second fills in what the first could not know: an upload, an end, a hash. Times
-- told afresh are not given up for those of a repeat whose clock nobody can put right.
INSERT INTO clip AS c (device_no, recording_id, org_id, person_id, start_at, stop_at, offset_ms, gaps,
                       off_reason, task_id, tags, size_bytes, sha256, sm3, uri, told_at, uploaded_at,
                       upload_due, fresh)
SELECT %(device_no)s, %(recording_id)s, %(org_id)s, who.person_id, %(start_at)s, %(stop_at)s,
       %(offset_ms)s, %(gaps)s, %(off_reason)s, %(task_id)s, %(tags)s, %(size_bytes)s, %(sha256)s,
       %(sm3)s, %(uri)s, %(told_at)s, %(uploaded_at)s,
       shift_end(who.person_id, coalesce(%(stop_at)s, %(start_at)s)) + %(upload)s::interval, %(fresh)s
  FROM (SELECT camera_holder(%(device_no)s, %(start_at)s) AS person_id) who
    ON CONFLICT (device_no, recording_id) DO UPDATE
       SET (start_at, stop_at, person_id, offset_ms, gaps, upload_due) = (
               SELECT excluded.start_at, coalesce(excluded.stop_at, c.stop_at), excluded.person_id,
                      excluded.offset_ms, excluded.gaps, excluded.upload_due
                WHERE excluded.fresh OR NOT c.fresh
                UNION ALL
               SELECT c.start_at, c.stop_at, c.person_id, c.offset_ms, c.gaps, c.upload_due
                LIMIT 1),
           fresh = c.fresh OR excluded.fresh,
           off_reason = CASE WHEN excluded.off_reason = '' THEN c.off_reason
                             ELSE excluded.off_reason END,
           task_id = coalesce(excluded.task_id, c.task_id),
           tags = CASE WHEN excluded.tags = '{}' THEN c.tags ELSE excluded.tags END,
           size_bytes = coalesce(excluded.size_bytes, c.size_bytes),
           sha256 = coalesce(c.sha256, excluded.sha256), sm3 = coalesce(c.sm3, excluded.sm3),
           uri = coalesce(excluded.uri, c.uri), told_at = least(c.told_at, excluded.told_at),
           uploaded_at = least(c.uploaded_at, excluded.uploaded_at)
RETURNING c.person_id, c.sha256 IS DISTINCT FROM coalesce(%(sha256)s, c.sha256) AS altered;

-- touch_tasks --
-- Tasks whose scene these clips are near, or that they say they are of.
INSERT INTO recording_watch (task_id, due_at)
SELECT DISTINCT v.task_id, %(now)s::timestamptz
  FROM unnest(%(people)s::bigint[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
       AS t (person_id, from_at, to_at)
  JOIN recording_verdict v ON v.person_id = t.person_id
   AND v.scene_from < t.to_at AND v.scene_from > t.from_at - interval '3 days'
   AND v.scene_to > t.from_at
 UNION
SELECT task.id, %(now)s FROM task WHERE task.id = ANY(%(task_ids)s::bigint[])
    ON CONFLICT (task_id) DO UPDATE SET due_at = least(recording_watch.due_at, excluded.due_at);

-- touch_waiting --
-- A camera said that nothing is left to upload: what waited for it is decided.
INSERT INTO recording_watch (task_id, due_at)
SELECT DISTINCT v.task_id, %(now)s::timestamptz
  FROM camera_holding h
  JOIN recording_verdict_now v ON v.person_id = h.person_id
   AND v.status IN ('PENDING_UPLOAD', 'UPLOAD_OVERDUE')
   AND v.scene_from >= h.from_at - interval '1 day'
   AND v.scene_from > %(now)s::timestamptz - interval '90 days'
 WHERE h.device_no = ANY(%(nos)s) AND coalesce(h.until_at, 'infinity') > v.scene_from
    ON CONFLICT (task_id) DO UPDATE SET due_at = least(recording_watch.due_at, excluded.due_at);
