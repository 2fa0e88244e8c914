-- tasks --
SELECT id, org_id, kind, state, lat_deg, lon_deg, source ->> 'test' = 'true' AS test
  FROM task WHERE id = ANY(%(ids)s) ORDER BY id;

-- moves --
SELECT task_id, move, at, known_at FROM task_move WHERE task_id = ANY(%(ids)s)
 ORDER BY task_id, version;

-- sent --
SELECT task_id, device_no, created_at, CASE WHEN ended THEN changed_at END AS until_at
  FROM assignment WHERE task_id = ANY(%(ids)s) AND state <> 'reserved' ORDER BY task_id, id;

-- crews --
-- Who was with a terminal or a vehicle at a moment: by the roster, else who had it then.
SELECT t.no, coalesce(s.person_id, device_holder(t.device_no, t.at))
  FROM unnest(%(nos)s::integer[], %(device_nos)s::integer[], %(ats)s::timestamptz[])
       AS t (no, device_no, at)
  LEFT JOIN roster_shift s ON s.device_no = t.device_no AND s.ended_at IS NULL
   AND s.kind <> 'leave' AND s.person_id IS NOT NULL
   AND s.starts_at <= t.at AND s.ends_at >= t.at
 WHERE coalesce(s.person_id, device_holder(t.device_no, t.at)) IS NOT NULL;

-- clips --
-- By officer and time, or by the task they say they are of; either counts. One of a camera nobody
-- has is the only officer's, if it is of the same unit.
WITH duty AS (
    SELECT * FROM unnest(%(nos)s::integer[], %(task_ids)s::bigint[], %(people)s::bigint[],
                         %(froms)s::timestamptz[], %(tos)s::timestamptz[], %(org_ids)s::bigint[],
                         %(alone)s::boolean[])
                  AS t (no, task_id, person_id, from_at, to_at, org_id, alone)
), near AS (
    SELECT d.no, c.device_no, c.recording_id
      FROM duty d JOIN clip c ON c.person_id = d.person_id
       AND c.start_at < d.to_at AND c.start_at > d.from_at - interval '12 hours'
     UNION
    SELECT d.no, c.device_no, c.recording_id
      FROM duty d JOIN clip c ON c.task_id = d.task_id
       AND (c.person_id = d.person_id
            OR c.person_id IS NULL AND d.alone AND c.org_id = d.org_id)
)
SELECT near.no, c.device_no, c.recording_id, c.start_at, coalesce(c.stop_at, c.told_at),
       c.uploaded_at IS NOT NULL, c.gaps, c.off_reason, c.task_id IS NOT DISTINCT FROM d.task_id,
       c.offset_ms
  FROM near JOIN duty d USING (no)
  JOIN clip c USING (device_no, recording_id)
 ORDER BY near.no, c.start_at, c.recording_id;

-- cameras --
-- Which cameras the officer had in a scene, from when until when. What the ledger learnt only later,
-- that one was broken or given back, excuses nothing by itself: that is for a clarification.
SELECT t.no, h.device_no, h.state, greatest(h.from_at, t.from_at),
       least(h.until_at, t.to_at)
  FROM unnest(%(nos)s::integer[], %(people)s::bigint[], %(froms)s::timestamptz[],
              %(tos)s::timestamptz[]) AS t (no, person_id, from_at, to_at)
  JOIN camera_holding_known h ON h.person_id = t.person_id
   AND h.from_at < t.to_at AND coalesce(h.until_at, 'infinity') > t.from_at;

-- statuses --
-- What these cameras said about the time of a scene, and the last before it; by what the clock
-- lacked then.
SELECT t.no, t.device_no, s.corrected_at, s.state, s.bat_pct, s.docked
  FROM unnest(%(nos)s::integer[], %(device_nos)s::integer[], %(froms)s::timestamptz[],
              %(tos)s::timestamptz[]) AS t (no, device_no, from_at, to_at)
 CROSS JOIN LATERAL (SELECT camera_offset(t.device_no, t.to_at) AS lacks) o
 CROSS JOIN LATERAL (
       (SELECT s.at, s.seq, s.at + o.lacks AS corrected_at, s.state, s.bat_pct, s.detail ->> 'dock' IS NOT NULL AS docked
          FROM status s
         WHERE s.device_no = t.device_no AND s.state <> 'lost'
           AND s.at >= t.from_at - o.lacks - interval '10 minutes' AND s.at < t.to_at - o.lacks)
        UNION ALL
       (SELECT s.at, s.seq, s.at + o.lacks, s.state, s.bat_pct, s.detail ->> 'dock' IS NOT NULL
          FROM status s
         WHERE s.device_no = t.device_no AND s.state <> 'lost'
           AND s.at < t.from_at - o.lacks - interval '10 minutes'
           AND s.at >= t.from_at - o.lacks - interval '1 day'
         ORDER BY s.at DESC, s.seq DESC LIMIT 1)) s
 ORDER BY t.no, t.device_no, s.corrected_at, s.seq;

-- stopped --
-- The last recording of these cameras before a scene, where an empty battery or a full card ended
-- it: neither heals by itself, as a fault may.
SELECT t.no, t.device_no, c.stop_at, c.off_reason,
       (SELECT min(x.start_at) FROM clip x
         WHERE x.device_no = t.device_no AND x.start_at > c.stop_at
           AND x.start_at < c.stop_at + interval '1 day') AS again_at
  FROM unnest(%(nos)s::integer[], %(device_nos)s::integer[], %(froms)s::timestamptz[])
       AS t (no, device_no, from_at)
 CROSS JOIN LATERAL (SELECT c.stop_at, c.off_reason FROM clip c
                      WHERE c.device_no = t.device_no AND c.start_at < t.from_at
                        AND c.start_at > t.from_at - interval '12 hours'
                      ORDER BY c.start_at DESC LIMIT 1) c
 WHERE c.off_reason IN ('battery', 'storage') AND c.stop_at IS NOT NULL;

-- emptied --
-- Cameras that said since a moment that nothing is left to upload.
SELECT t.no, t.device_no
  FROM unnest(%(nos)s::integer[], %(device_nos)s::integer[], %(tos)s::timestamptz[])
       AS t (no, device_no, to_at)
  JOIN camera_state c ON c.device_no = t.device_no AND c.emptied_at >= t.to_at
 CROSS JOIN LATERAL (SELECT camera_offset(t.device_no, t.to_at) AS lacks) o
 WHERE c.emptied_at < t.to_at + interval '7 days'
    OR EXISTS (SELECT FROM status s
                WHERE s.device_no = t.device_no AND s.at >= t.to_at - o.lacks
                  AND s.at < t.to_at - o.lacks + interval '7 days'
                  AND s.detail -> 'pending' = '0' AND s.state NOT IN ('recording', 'prebuffer'));

-- due --
SELECT t.no, shift_end(t.person_id, t.to_at)
  FROM unnest(%(nos)s::integer[], %(people)s::bigint[], %(tos)s::timestamptz[])
       AS t (no, person_id, to_at);

-- colleagues --
-- Terminals of the same unit, but for those that were sent.
SELECT t.no, device.no, device.person_id
  FROM unnest(%(nos)s::integer[], %(org_ids)s::bigint[]) AS t (no, org_id)
  JOIN device ON device.org_id = t.org_id AND device.kind = 'officer' AND device.revoked_at IS NULL;

-- standing --
SELECT task_id, person_id, version, status, org_id, device_no, scene_from, scene_to, covered_s,
       reasons, evidence -> 'clips' AS clips
  FROM recording_verdict_now WHERE task_id = ANY(%(ids)s);

-- add --
INSERT INTO recording_verdict (task_id, person_id, version, org_id, device_no, status, scene_from,
                               scene_to, covered_s, scene_s, rule, reasons, evidence, known_at)
VALUES (%(task_id)s, %(person_id)s, %(version)s, %(org_id)s, %(device_no)s, %(status)s,
        %(scene_from)s, %(scene_to)s, %(covered_s)s, %(scene_s)s, %(rule)s, %(reasons)s,
        %(evidence)s, %(now)s);

-- take_due --
-- Gone before anything is read, so that whatever is told meanwhile asks for it again.
DELETE FROM recording_watch w USING (
    SELECT task_id FROM recording_watch WHERE due_at <= %(now)s
     ORDER BY task_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) due
 WHERE w.task_id = due.task_id
RETURNING w.task_id;

-- watch_days --
-- Scenes of these days once more, and those that still wait for an upload.
INSERT INTO recording_watch (task_id, due_at)
SELECT DISTINCT task_id, %(now)s::timestamptz FROM recording_verdict_now
 WHERE scene_from < %(now)s AND (scene_from >= %(since)s OR status = 'PENDING_UPLOAD')
    ON CONFLICT (task_id) DO UPDATE SET due_at = least(recording_watch.due_at, excluded.due_at);

-- shapes --
SELECT v.task_id, v.person_id, jsonb_build_object(
           'task_id', v.task_id, 'task', task.title, 'kind', task.kind, 'person_id', v.person_id,
           'person', person.name, 'badge', person.badge, 'org_id', v.org_id, 'org', org.name,
           'version', v.version, 'status', v.status, 'scene_from', v.scene_from,
           'scene_to', v.scene_to, 'covered_s', v.covered_s, 'scene_s', v.scene_s, 'rule', v.rule,
           'reasons', v.reasons, 'evidence', v.evidence, 'known_at', v.known_at,
           'clarified', said.id, 'clarification', said.reason, 'decision', review.decision) AS shape
  FROM recording_verdict_now v
  JOIN task ON task.id = v.task_id
  JOIN person ON person.id = v.person_id
  JOIN org ON org.id = v.org_id
  LEFT JOIN LATERAL (SELECT c.id, c.reason FROM recording_clarification c
                      WHERE c.task_id = v.task_id AND c.person_id = v.person_id
                      ORDER BY c.id DESC LIMIT 1) said ON true
  LEFT JOIN recording_review review ON review.clarification_id = said.id
 WHERE v.org_id = ANY(%(org_ids)s)
   AND v.scene_from >= %(since)s AND v.scene_from < %(until)s
   AND (%(task_id)s::bigint IS NULL OR v.task_id = %(task_id)s)
   AND (%(person_id)s::bigint IS NULL OR v.person_id = %(person_id)s)
   AND (%(statuses)s::text[] IS NULL OR v.status = ANY(%(statuses)s))
   AND (NOT %(to_review)s OR said.id IS NOT NULL AND review.decision IS NULL)
   AND (v.scene_from, v.task_id, v.person_id) < (%(before)s, %(before_task)s, %(before_person)s)
 ORDER BY v.scene_from DESC, v.task_id DESC, v.person_id DESC
 LIMIT %(limit)s;

-- versions --
SELECT version, status, scene_from, scene_to, covered_s, scene_s, rule, reasons, evidence, known_at
  FROM recording_verdict
 WHERE task_id = %(task_id)s AND person_id = %(person_id)s AND org_id = ANY(%(org_ids)s)
 ORDER BY version DESC;
