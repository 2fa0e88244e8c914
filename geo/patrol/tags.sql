-- point_of_uid --
SELECT id FROM patrol_point
 WHERE tag = %(uid)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s);

-- tag_of_point --
SELECT tag FROM patrol_point
 WHERE id = %(point_id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s)
   FOR UPDATE;

-- close_other_chip --
UPDATE tag_enrolment SET ended_at = %(now)s
 WHERE uid = %(uid)s AND ended_at IS NULL AND chip <> %(chip)s AND enrolled_at < %(now)s;

-- name_chip --
-- Of the enrolment made in this very transaction.
UPDATE tag_enrolment SET chip = %(chip)s
 WHERE uid = %(uid)s AND ended_at IS NULL AND enrolled_at = %(now)s;

-- open --
-- A tag nobody enrolled has hung at its point since that was made.
INSERT INTO tag_enrolment (uid, point_id, chip, enrolled_at, enrolled_by)
SELECT %(uid)s, id, %(chip)s,
       CASE WHEN EXISTS (SELECT FROM tag_enrolment WHERE uid = %(uid)s) THEN %(now)s
            ELSE least(created_at, %(now)s) END, %(login)s
  FROM patrol_point
 WHERE id = %(point_id)s
   AND NOT EXISTS (SELECT FROM tag_enrolment WHERE uid = %(uid)s AND ended_at IS NULL);

-- get --
SELECT e.id, e.uid, e.chip, e.point_id, point.name AS point, point.code, point.org_id,
       e.enrolled_at, e.enrolled_by, e.ended_at
  FROM tag_enrolment e
  JOIN patrol_point point ON point.id = e.point_id
 WHERE e.uid = %(uid)s AND point.org_id = ANY(%(org_ids)s)
 ORDER BY e.id DESC
 LIMIT 1;

-- list --
-- The history as well; a tag that hangs now has no ended_at.
SELECT e.id, e.uid, e.chip, e.point_id, point.name AS point, point.code, point.org_id,
       e.enrolled_at, e.enrolled_by, e.ended_at
  FROM tag_enrolment e
  JOIN patrol_point point ON point.id = e.point_id
 WHERE point.org_id = ANY(%(org_ids)s) AND e.id > %(after)s
   AND (%(point_id)s::bigint IS NULL OR e.point_id = %(point_id)s)
 ORDER BY e.id
 LIMIT %(limit)s;

-- points_by_name --
SELECT id FROM patrol_point
 WHERE (code = upper(%(text)s) OR name = %(text)s OR id::text = %(text)s)
   AND ended_at IS NULL AND org_id = ANY(%(org_ids)s);

-- proposals --
SELECT p.id, p.uid, p.chip, p.point_id, point.name AS point, p.org_id, d.id AS device_id, p.at,
       p.proposed_at
  FROM tag_proposal p
  JOIN patrol_point point ON point.id = p.point_id
  JOIN device d ON d.no = p.device_no
 WHERE p.decision IS NULL AND p.org_id = ANY(%(org_ids)s) AND p.id > %(after)s
 ORDER BY p.id
 LIMIT %(limit)s;

-- decide --
UPDATE tag_proposal
   SET decision = %(decision)s, decided_at = %(now)s, decided_by = %(login)s
 WHERE id = %(id)s AND decision IS NULL AND org_id = ANY(%(org_ids)s)
RETURNING uid, point_id, chip, org_id;

-- proposal_known --
SELECT EXISTS (SELECT FROM tag_proposal WHERE id = %(id)s AND org_id = ANY(%(org_ids)s));

-- end_page --
UPDATE point_page SET ended_at = %(now)s WHERE point_id = %(point_id)s AND ended_at IS NULL;

-- add_page --
INSERT INTO point_page (point_id, zh, en, created_at, created_by)
VALUES (%(point_id)s, %(zh)s, %(en)s, %(now)s, %(login)s);

-- page --
-- For everybody who stands there: what was written for them, and nothing else of the point.
SELECT page.zh, page.en
  FROM patrol_point point
  LEFT JOIN point_page page ON page.point_id = point.id AND page.ended_at IS NULL
 WHERE point.code = %(code)s AND point.ended_at IS NULL;

-- proofs --
-- What was held against the reader stays here: a SUN message could be played again.
SELECT p.device_no, d.id AS device_id, p.at, p.seq, p.version, p.org_id, p.point_id, p.uid,
       p.counter, p.corrected_at, p.received_at, p.time_trust, p.method, p.auth, p.place,
       p.distance_m, p.acc_m, p.level, p.flags, p.rule, p.lon_deg AS lon, p.lat_deg AS lat
  FROM checkin_proof_now p
  JOIN device d ON d.no = p.device_no
 WHERE p.org_id = ANY(%(org_ids)s)
   AND p.corrected_at >= %(since)s AND p.corrected_at < %(until)s
   AND (%(point_id)s::bigint IS NULL OR p.point_id = %(point_id)s)
   AND (%(device_no)s::integer IS NULL OR p.device_no = %(device_no)s)
   AND (%(flag)s::text IS NULL OR %(flag)s = ANY(p.flags) OR p.auth = %(flag)s)
   AND (p.corrected_at, p.device_no, p.seq)
       > (%(after_at)s::timestamptz, %(after_no)s::integer, %(after_seq)s::bigint)
 ORDER BY p.corrected_at, p.device_no, p.seq
 LIMIT %(limit)s;
