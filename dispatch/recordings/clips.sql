-- states --
SELECT c.device_no, c.at, c.seq, c.conditions, c.dock, c.dock_since, c.docked_at, c.emptied_at,
       c.pending
  FROM camera_state c WHERE c.device_no = ANY(%(nos)s) ORDER BY c.device_no FOR UPDATE;

-- clocks --
-- How each clock was set, the newest first; when the camera was last heard; what is suspected.
SELECT d.no, coalesce((SELECT array_agg(ARRAY[
                                  (extract(epoch FROM c.from_at) * 1000)::bigint, c.offset_ms,
                                  (extract(epoch FROM c.before_at) * 1000)::bigint]
                                  ORDER BY c.from_at DESC)
                         FROM camera_clock c WHERE c.device_no = d.no), '{}'),
       s.at, x.offset_ms, x.received_at, x.before_at
  FROM unnest(%(nos)s::integer[]) AS d (no)
  LEFT JOIN camera_state s ON s.device_no = d.no
  LEFT JOIN camera_clock_suspect x ON x.device_no = d.no;

-- add_clock --
INSERT INTO camera_clock (device_no, from_at, offset_ms, before_at)
VALUES (%(device_no)s, %(from_at)s, %(offset_ms)s, %(before_at)s)
    ON CONFLICT (device_no, from_at) DO NOTHING;

-- shift --
-- A suspicion is confirmed: what was told since by the old setting, and can only be of the new.
UPDATE clip SET start_at = start_at + %(more)s::interval, stop_at = stop_at + %(more)s::interval,
                person_id = device_holder(device_no, start_at + %(more)s::interval),
                offset_ms = %(offset_ms)s, upload_due = upload_due + %(more)s::interval,
                gaps = (SELECT coalesce(jsonb_agg(jsonb_build_array(
                                   (gap ->> 0)::bigint + %(more_ms)s,
                                   (gap ->> 1)::bigint + %(more_ms)s)), '[]')
                          FROM jsonb_array_elements(gaps) gap)
 WHERE device_no = %(device_no)s AND told_at >= %(since)s AND offset_ms = %(before_ms)s
   AND start_at + %(more)s::interval <= told_at
   AND (%(before_at)s::timestamptz IS NULL OR start_at + %(more)s::interval > %(before_at)s)
RETURNING person_id, start_at, coalesce(stop_at, told_at);

-- suspect --
INSERT INTO camera_clock_suspect (device_no, offset_ms, received_at, before_at)
VALUES (%(device_no)s, %(offset_ms)s, %(received_at)s, %(before_at)s)
    ON CONFLICT (device_no) DO UPDATE
       SET offset_ms = excluded.offset_ms, received_at = excluded.received_at,
           before_at = excluded.before_at;

-- trust --
DELETE FROM camera_clock_suspect WHERE device_no = %(device_no)s;

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
       %(offset_ms)s, coalesce(%(gaps)s, '[]'::jsonb), %(off_reason)s, %(task_id)s, %(tags)s, %(size_bytes)s, %(sha256)s,
       %(sm3)s, %(uri)s, %(told_at)s, %(uploaded_at)s,
       shift_end(who.person_id, coalesce(%(stop_at)s, %(start_at)s)) + %(upload)s::interval, %(fresh)s
  FROM (SELECT device_holder(%(device_no)s, %(start_at)s) AS person_id) who
    ON CONFLICT (device_no, recording_id) DO UPDATE
       SET (start_at, stop_at, person_id, offset_ms, gaps, upload_due) = (
               SELECT excluded.start_at, coalesce(excluded.stop_at, c.stop_at), excluded.person_id,
                      excluded.offset_ms, coalesce(%(gaps)s, c.gaps), excluded.upload_due
                WHERE excluded.fresh OR NOT c.fresh
                UNION ALL
               SELECT c.start_at, coalesce(c.stop_at, excluded.stop_at), c.person_id, c.offset_ms,
                      c.gaps, c.upload_due
                LIMIT 1),
           fresh = c.fresh OR excluded.fresh,
           off_reason = CASE WHEN excluded.off_reason = '' THEN c.off_reason
                             ELSE excluded.off_reason END,
           task_id = coalesce(excluded.task_id, c.task_id),
           tags = ARRAY(SELECT DISTINCT unnest(c.tags || excluded.tags) ORDER BY 1),
           size_bytes = coalesce(excluded.size_bytes, c.size_bytes),
           sha256 = coalesce(c.sha256, excluded.sha256), sm3 = coalesce(c.sm3, excluded.sm3),
           uri = coalesce(excluded.uri, c.uri), told_at = least(c.told_at, excluded.told_at),
           uploaded_at = least(c.uploaded_at, excluded.uploaded_at)
RETURNING c.person_id, c.sha256 IS DISTINCT FROM coalesce(%(sha256)s, c.sha256)
                       OR c.sm3 IS DISTINCT FROM coalesce(%(sm3)s, c.sm3) AS altered;

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
 ORDER BY 1
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
 ORDER BY 1
    ON CONFLICT (task_id) DO UPDATE SET due_at = least(recording_watch.due_at, excluded.due_at);
