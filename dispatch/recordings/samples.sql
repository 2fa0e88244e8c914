-- sizes --
-- How many may be drawn: on the archive, not drawn before, not deleted.
SELECT c.org_id, to_char(date_trunc('month', c.start_at AT TIME ZONE 'Asia/Shanghai'), 'YYYY-MM'),
       count(*)
  FROM clip c
 WHERE c.org_id = ANY(%(org_ids)s) AND c.uploaded_at IS NOT NULL
   AND c.start_at >= %(since)s AND c.start_at < %(until)s
   AND NOT EXISTS (SELECT FROM sample s
                    WHERE s.device_no = c.device_no AND s.recording_id = c.recording_id)
   AND NOT EXISTS (SELECT FROM recording_deletion d
                    WHERE d.device_no = c.device_no AND d.recording_id = c.recording_id
                      AND d.step = 'deleted')
 GROUP BY c.org_id, date_trunc('month', c.start_at AT TIME ZONE 'Asia/Shanghai');

-- member --
-- The one at a place in the stratum's fixed order.
SELECT c.device_no, c.recording_id
  FROM clip c
 WHERE c.org_id = %(org_id)s AND c.uploaded_at IS NOT NULL
   AND c.start_at >= %(since)s AND c.start_at < %(until)s
   AND NOT EXISTS (SELECT FROM sample s
                    WHERE s.device_no = c.device_no AND s.recording_id = c.recording_id)
   AND NOT EXISTS (SELECT FROM recording_deletion d
                    WHERE d.device_no = c.device_no AND d.recording_id = c.recording_id
                      AND d.step = 'deleted')
 ORDER BY c.start_at, c.device_no, c.recording_id
OFFSET %(place)s LIMIT 1;

-- lock --
SELECT pg_advisory_xact_lock(7305115);

-- add_draw --
INSERT INTO sample_draw (org_id, year, seed, wanted, body, created_at, created_by)
VALUES (%(org_id)s, %(year)s, %(seed)s, %(wanted)s, %(body)s, %(now)s, %(by)s)
RETURNING id;

-- add --
INSERT INTO sample (draw_id, org_id, month, device_no, recording_id, replaces, why, created_at,
                    created_by)
VALUES (%(draw_id)s, %(org_id)s, %(month)s, %(device_no)s, %(recording_id)s, %(replaces)s, %(why)s,
        %(now)s, %(by)s)
RETURNING id;

-- list --
SELECT s.id, s.draw_id, d.seed, s.org_id, org.name AS org, to_char(s.month, 'YYYY-MM') AS month,
       s.device_no, device.id AS device_id, s.recording_id, c.start_at, c.stop_at, c.uri, c.sha256,
       person.name AS person, c.task_id, s.replaces, s.why, other.id AS replaced_by, s.created_at,
       s.created_by, r.body AS answers, r.note, r.created_at AS reviewed_at,
       r.created_by AS reviewed_by
  FROM sample s
  JOIN sample_draw d ON d.id = s.draw_id
  JOIN org ON org.id = s.org_id
  JOIN device ON device.no = s.device_no
  JOIN clip c ON c.device_no = s.device_no AND c.recording_id = s.recording_id
  LEFT JOIN person ON person.id = c.person_id
  LEFT JOIN sample other ON other.replaces = s.id
  LEFT JOIN LATERAL (SELECT * FROM sample_review r WHERE r.sample_id = s.id
                      ORDER BY r.id DESC LIMIT 1) r ON true
 WHERE s.org_id = ANY(%(org_ids)s) AND d.year = %(year)s
   AND (%(id)s::bigint IS NULL OR s.id = %(id)s)
 ORDER BY s.id;

-- draws --
SELECT id, seed, wanted, body, created_at, created_by FROM sample_draw
 WHERE org_id = ANY(%(org_ids)s) AND year = %(year)s ORDER BY id;

-- year_of --
SELECT d.year FROM sample s JOIN sample_draw d ON d.id = s.draw_id
 WHERE s.id = %(id)s AND s.org_id = ANY(%(org_ids)s) FOR UPDATE OF s;

-- review --
INSERT INTO sample_review (sample_id, body, note, created_at, created_by)
VALUES (%(sample_id)s, %(body)s, %(note)s, %(now)s, %(by)s);
