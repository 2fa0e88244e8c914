-- mark --
INSERT INTO recording_day_dirty (day, person_id)
SELECT DISTINCT (at AT TIME ZONE 'Asia/Shanghai')::date, person_id
  FROM unnest(%(ats)s::timestamptz[], %(people)s::bigint[]) AS t (at, person_id)
 ORDER BY 1, 2
-- Also where it is marked: so that nobody counts it before what it was marked for is committed.
    ON CONFLICT (day, person_id) DO UPDATE SET day = excluded.day;

-- mark_day --
-- Everybody who was on duty, recorded, or was on a scene.
INSERT INTO recording_day_dirty (day, person_id)
SELECT %(day)s::date, person_id FROM roster_shift
 WHERE person_id IS NOT NULL AND ended_at IS NULL
   AND starts_at < %(until)s AND ends_at > %(since)s
 UNION
SELECT %(day)s::date, person_id FROM clip
 WHERE person_id IS NOT NULL AND start_at >= %(since)s AND start_at < %(until)s
 UNION
SELECT %(day)s::date, person_id FROM recording_verdict
 WHERE scene_from >= %(since)s AND scene_from < %(until)s
 ORDER BY 1, 2
    ON CONFLICT (day, person_id) DO UPDATE SET day = excluded.day;

-- take --
DELETE FROM recording_day_dirty d USING (
    SELECT day, person_id FROM recording_day_dirty
     ORDER BY day, person_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) one
 WHERE d.day = one.day AND d.person_id = one.person_id
RETURNING d.day, d.person_id;

-- forget --
DELETE FROM recording_day r USING unnest(%(days)s::date[], %(people)s::bigint[]) AS t (day, person_id)
 WHERE r.day = t.day AND r.person_id = t.person_id;

-- count --
-- The database's own algebra of ranges makes the union, so that no second is counted twice; a test
-- holds it against dispatch/recordings/spans.py.
WITH dates AS (
    SELECT day, person_id, day::timestamp AT TIME ZONE 'Asia/Shanghai' AS since,
           (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS until
      FROM unnest(%(days)s::date[], %(people)s::bigint[]) AS t (day, person_id)
), mine AS (
    SELECT d.day, d.person_id, c.device_no, c.upload_due, c.uploaded_at,
           c.task_id IS NOT NULL OR cardinality(c.tags) > 0 AS says,
           EXISTS (SELECT FROM recording_verdict v
                    WHERE v.person_id = d.person_id AND v.scene_from < coalesce(c.stop_at, c.told_at)
                      AND v.scene_to > c.start_at AND v.status <> 'NOT_REQUIRED'
                      AND v.scene_from > c.start_at - interval '1 day') AS linkable,
           tstzmultirange(tstzrange(c.start_at, greatest(c.start_at, coalesce(c.stop_at, c.told_at))))
           - coalesce((SELECT range_agg(tstzrange(to_timestamp((gap ->> 0)::bigint / 1000.0),
                                                  to_timestamp((gap ->> 1)::bigint / 1000.0)))
                         FROM jsonb_array_elements(c.gaps) gap
                        WHERE (gap ->> 0)::bigint < (gap ->> 1)::bigint), '{}') AS spans
      FROM dates d JOIN clip c ON c.person_id = d.person_id
       AND c.start_at >= d.since AND c.start_at < d.until
), sums AS (
    SELECT day, person_id, coalesce(device_no, 0) AS device_no, count(*) AS clips,
           (SELECT coalesce(sum(extract(epoch FROM upper(one) - lower(one))), 0)
              FROM unnest(range_agg(spans)) one)::bigint AS recorded_s,
           count(*) FILTER (WHERE uploaded_at IS NOT NULL OR upload_due < %(now)s) AS due,
           count(*) FILTER (WHERE uploaded_at <= upload_due) AS in_time,
           count(*) FILTER (WHERE linkable) AS linkable,
           count(*) FILTER (WHERE linkable AND says) AS linked
      FROM mine
     GROUP BY GROUPING SETS ((day, person_id), (day, person_id, device_no))
), said AS (
    SELECT d.day, d.person_id, h.device_no,
           sum(least(coalesce(s.next_at, s.at) - s.at, interval '150 s'))
               FILTER (WHERE s.state <> 'off' AND s.dock IS NULL) AS lasted,
           bool_or(s.dock IS NULL) AS speaks
      FROM dates d
      JOIN camera_holding h ON h.person_id = d.person_id AND h.state IN ('issued', 'loaned')
       AND h.from_at < d.until AND coalesce(h.until_at, 'infinity') > d.since
     CROSS JOIN LATERAL (
           SELECT s.at, s.state, s.detail ->> 'dock' AS dock, lead(s.at) OVER (ORDER BY s.at) AS next_at
             FROM status s
            WHERE s.device_no = h.device_no AND s.state <> 'lost'
              AND s.at >= greatest(d.since, h.from_at) - camera_offset(h.device_no, d.until)
              AND s.at < least(d.until, h.until_at) - camera_offset(h.device_no, d.until)) s
     GROUP BY d.day, d.person_id, h.device_no
), scenes AS (
    SELECT d.day, d.person_id, count(*) FILTER (WHERE v.status <> 'NOT_REQUIRED') AS required,
           count(*) FILTER (WHERE v.status = 'OK') AS sufficient,
           count(*) FILTER (WHERE v.status = 'DEVICE_EXCUSE'
                               OR (v.status NOT IN ('OK', 'NOT_REQUIRED', 'PENDING_UPLOAD')
                                   AND said.verdict_version = v.version
                                   AND review.decision = 'accepted')) AS excused,
           count(*) FILTER (WHERE v.status = 'PENDING_UPLOAD') AS waiting,
           sum(v.scene_s) FILTER (WHERE v.status <> 'NOT_REQUIRED') AS scene_s,
           sum(v.covered_s) FILTER (WHERE v.status <> 'NOT_REQUIRED') AS covered_s
      FROM dates d
      JOIN LATERAL (SELECT DISTINCT ON (task_id) * FROM recording_verdict v
                     WHERE v.person_id = d.person_id
                       AND v.scene_from >= d.since AND v.scene_from < d.until
                     ORDER BY task_id, version DESC) v ON true
      LEFT JOIN LATERAL (SELECT id, verdict_version FROM recording_clarification c
                          WHERE c.task_id = v.task_id AND c.person_id = v.person_id
                          ORDER BY id DESC LIMIT 1) said ON true
      LEFT JOIN recording_review review ON review.clarification_id = said.id
     GROUP BY d.day, d.person_id
), duties AS (
    SELECT d.day, d.person_id,
           -- Of a shift that goes on, what has passed of it.
           sum(extract(epoch FROM least(s.ends_at, d.until, %(now)s)
                                  - greatest(s.starts_at, d.since))) AS duty_s
      FROM dates d JOIN roster_shift s ON s.person_id = d.person_id AND s.ended_at IS NULL
       AND s.kind <> 'leave' AND s.starts_at < least(d.until, %(now)s) AND s.ends_at > d.since
     GROUP BY d.day, d.person_id
), keys AS (
    SELECT day, person_id, 0 AS device_no FROM dates
     UNION SELECT day, person_id, device_no FROM sums
     UNION SELECT day, person_id, device_no FROM said
)
INSERT INTO recording_day (day, person_id, device_no, org_id, clips, recorded_s, due, in_time,
                           linkable, linked, on_s, speaks, duty_s, required, sufficient, excused,
                           waiting, scene_s, covered_s)
SELECT k.day, k.person_id, k.device_no,
       coalesce((SELECT p.org_id FROM posting p WHERE p.person_id = k.person_id
                    AND p.from_at < d.until ORDER BY p.from_at DESC, p.id DESC LIMIT 1),
                person.org_id),
       coalesce(sums.clips, 0), coalesce(sums.recorded_s, 0), coalesce(sums.due, 0),
       coalesce(sums.in_time, 0), coalesce(sums.linkable, 0), coalesce(sums.linked, 0),
       coalesce(extract(epoch FROM CASE WHEN k.device_no = 0 THEN whole.lasted
                                        ELSE said.lasted END), 0)::integer,
       coalesce(CASE WHEN k.device_no = 0 THEN whole.speaks ELSE said.speaks END, false),
       CASE WHEN k.device_no = 0 THEN coalesce(duties.duty_s, 0) ELSE 0 END::integer,
       CASE WHEN k.device_no = 0 THEN coalesce(scenes.required, 0) ELSE 0 END,
       CASE WHEN k.device_no = 0 THEN coalesce(scenes.sufficient, 0) ELSE 0 END,
       CASE WHEN k.device_no = 0 THEN coalesce(scenes.excused, 0) ELSE 0 END,
       CASE WHEN k.device_no = 0 THEN coalesce(scenes.waiting, 0) ELSE 0 END,
       CASE WHEN k.device_no = 0 THEN coalesce(scenes.scene_s, 0) ELSE 0 END,
       CASE WHEN k.device_no = 0 THEN coalesce(scenes.covered_s, 0) ELSE 0 END
  FROM keys k
  JOIN dates d USING (day, person_id)
  JOIN person ON person.id = k.person_id
  LEFT JOIN sums USING (day, person_id, device_no)
  LEFT JOIN said USING (day, person_id, device_no)
  LEFT JOIN (SELECT day, person_id, max(lasted) AS lasted, bool_or(speaks) AS speaks FROM said
              GROUP BY day, person_id) whole USING (day, person_id)
  LEFT JOIN scenes USING (day, person_id)
  LEFT JOIN duties USING (day, person_id);

-- forget_units --
DELETE FROM recording_unit_day WHERE day = ANY(%(days)s);

-- count_units --
INSERT INTO recording_unit_day (day, org_id, on_due, on_met, clips, recorded_s, duty_s, due, in_time,
                                linkable, linked, required, sufficient, excused, waiting, scene_s,
                                covered_s)
SELECT day, org_id, count(*) FILTER (WHERE duty_s > 0 AND speaks),
       count(*) FILTER (WHERE duty_s > 0 AND speaks AND on_s >= duty_s * %(on_share)s),
       sum(clips), sum(recorded_s), sum(duty_s), sum(due), sum(in_time), sum(linkable), sum(linked),
       sum(required), sum(sufficient), sum(excused), sum(waiting), sum(scene_s), sum(covered_s)
  FROM recording_day WHERE day = ANY(%(days)s) AND device_no = 0
 GROUP BY day, org_id;

-- sums --
-- One row a group; what a rate is made of, never the rate alone.
SELECT r.org_id AS id, org.name, org.kind AS what, sum(r.on_due) AS on_due, sum(r.on_met) AS on_met,
       sum(r.clips) AS clips, sum(r.recorded_s)::bigint AS recorded_s, sum(r.duty_s)::bigint AS duty_s,
       sum(r.due) AS due, sum(r.in_time) AS in_time, sum(r.linkable) AS linkable,
       sum(r.linked) AS linked, sum(r.required) AS required, sum(r.sufficient) AS sufficient,
       sum(r.excused) AS excused, sum(r.waiting) AS waiting, sum(r.scene_s) AS scene_s,
       sum(r.covered_s) AS covered_s
  FROM recording_unit_day r JOIN org ON org.id = r.org_id
 WHERE r.org_id = ANY(%(org_ids)s) AND r.day >= %(since)s AND r.day < %(until)s
   AND (%(group)s::bigint IS NULL OR r.org_id = %(group)s)
 GROUP BY r.org_id, org.name, org.kind ORDER BY r.org_id;

-- sums_of_people --
SELECT r.person_id AS id, person.name, person.badge AS what,
       count(*) FILTER (WHERE r.duty_s > 0 AND r.speaks) AS on_due,
       count(*) FILTER (WHERE r.duty_s > 0 AND r.speaks AND r.on_s >= r.duty_s * %(on_share)s) AS on_met,
       sum(r.clips) AS clips, sum(r.recorded_s)::bigint AS recorded_s, sum(r.duty_s)::bigint AS duty_s,
       sum(r.due) AS due, sum(r.in_time) AS in_time, sum(r.linkable) AS linkable,
       sum(r.linked) AS linked, sum(r.required) AS required, sum(r.sufficient) AS sufficient,
       sum(r.excused) AS excused, sum(r.waiting) AS waiting, sum(r.scene_s) AS scene_s,
       sum(r.covered_s) AS covered_s
  FROM recording_day r JOIN person ON person.id = r.person_id
 WHERE r.org_id = ANY(%(org_ids)s) AND r.day >= %(since)s AND r.day < %(until)s AND r.device_no = 0
   AND (%(group)s::bigint IS NULL OR r.org_id = %(group)s)
 GROUP BY r.person_id, person.name, person.badge ORDER BY person.badge;

-- sums_of_cameras --
SELECT r.device_no AS id, device.id AS name, device.name AS what,
       count(*) FILTER (WHERE r.speaks) AS on_due, count(*) FILTER (WHERE r.on_s > 0) AS on_met,
       sum(r.clips) AS clips, sum(r.recorded_s)::bigint AS recorded_s, 0 AS duty_s,
       sum(r.due) AS due, sum(r.in_time) AS in_time, sum(r.linkable) AS linkable,
       sum(r.linked) AS linked, 0 AS required, 0 AS sufficient, 0 AS excused, 0 AS waiting,
       0::double precision AS scene_s, 0::double precision AS covered_s
  FROM recording_day r JOIN device ON device.no = r.device_no
 WHERE r.org_id = ANY(%(org_ids)s) AND r.day >= %(since)s AND r.day < %(until)s AND r.device_no > 0
   AND (%(group)s::bigint IS NULL OR r.org_id = %(group)s)
 GROUP BY r.device_no, device.id, device.name ORDER BY device.id;

-- used --
-- Cameras in somebody's hands, and those of them that recorded anything.
SELECT count(*), count(*) FILTER (WHERE EXISTS (
           SELECT FROM clip c WHERE c.device_no = h.device_no
              AND c.start_at >= %(from_at)s AND c.start_at < %(to_at)s))
  FROM equipment_held h
 WHERE h.kind = 'camera' AND h.person_id IS NOT NULL AND h.device_no IS NOT NULL
   AND h.org_id = ANY(%(org_ids)s);

-- serviceable --
-- 完好率: cameras in the ledger that work, of all that were not written off.
SELECT count(*), count(*) FILTER (WHERE a.state IN ('in_store', 'issued', 'loaned')
                                    AND NOT coalesce('fault' = ANY (c.conditions), false))
  FROM asset_now a LEFT JOIN camera_state c ON c.device_no = a.device_no
 WHERE a.kind = 'camera' AND a.state NOT IN ('retired') AND a.org_id = ANY(%(org_ids)s);

-- days --
SELECT r.day, sum(r.required) AS required, sum(r.sufficient) AS sufficient,
       sum(r.recorded_s)::bigint AS recorded_s
  FROM recording_unit_day r
 WHERE r.org_id = ANY(%(org_ids)s) AND r.day >= %(since)s AND r.day < %(until)s
   AND (%(group)s::bigint IS NULL OR r.org_id = %(group)s)
 GROUP BY r.day ORDER BY r.day;
