-- readings --
SELECT c.device_no, c.at, c.seq, c.org_id, d.id, c.received_at, c.method, c.tag,
       c.lon_e7 / 1e7::float8, c.lat_e7 / 1e7::float8, c.acc_dm / 10::float8, c.skew_ms, c.detail
  FROM unnest(%(nos)s::integer[], %(ats)s::timestamptz[], %(seqs)s::bigint[])
       AS k (device_no, at, seq)
  JOIN checkin c USING (device_no, at, seq)
  JOIN device d ON d.no = c.device_no
 ORDER BY c.at, c.device_no, c.seq;

-- keyless --
SELECT device_no, at, seq FROM checkin_proof_now
 WHERE auth = 'unknown_key' AND corrected_at >= %(since)s
 ORDER BY at, device_no, seq;

-- shaken --
-- Check-ins from an outbox whose clock is known by what the same device sent about then: a
-- message that comes later may have been received before. Judged no earlier than that.
SELECT DISTINCT p.device_no, p.at, p.seq
  FROM checkin_proof p
  JOIN checkin c USING (device_no, at, seq)
 WHERE p.known_at >= %(since)s AND p.device_no = ANY(%(nos)s)
   AND c.received_at >= %(since)s AND c.detail ? 'queued' AND c.detail ? 'boot';

-- sender_boot --
-- In which boot the device sent: as it said in what it last sent afresh. Its clock may be a
-- day off.
SELECT said.boot
  FROM (SELECT received_at, at, seq, detail ->> 'boot' AS boot
          FROM status
         WHERE device_no = %(device_no)s
           AND at BETWEEN %(received_at)s - interval '1 day' AND %(received_at)s + interval '1 day'
           AND detail ? 'boot' AND NOT detail ? 'queued'
         UNION ALL
        SELECT received_at, at, seq, detail ->> 'boot'
          FROM checkin
         WHERE device_no = %(device_no)s
           AND at BETWEEN %(received_at)s - interval '1 day' AND %(received_at)s + interval '1 day'
           AND detail ? 'boot' AND NOT detail ? 'queued') said
 WHERE said.received_at <= %(received_at)s
   AND said.received_at > %(received_at)s - make_interval(secs => %(reach_s)s)
 ORDER BY said.received_at DESC, said.at DESC, said.seq DESC
 LIMIT 1;

-- online_offsets --
-- Flag 16: queued, so its delay says nothing of the clock.
SELECT extract(epoch FROM received_at - at)::float8
  FROM position
 WHERE device_no = %(device_no)s
   AND at BETWEEN %(received_at)s - interval '1 day' AND %(received_at)s + interval '1 day'
   AND received_at <= %(received_at)s
   AND received_at > %(received_at)s - make_interval(secs => %(reach_s)s)
   AND flags & 16 = 0
 ORDER BY received_at DESC, at DESC, seq DESC
 LIMIT 51;

-- spots --
-- Where the tag hung at the time; a tag nobody enrolled hangs where its point says. A code
-- stays with its point, which may have stood elsewhere at the time.
WITH k AS (
    SELECT * FROM unnest(%(uids)s::text[], %(codes)s::text[], %(ats)s::timestamptz[])
             WITH ORDINALITY AS k (uid, code, at, i)),
hung AS (
    SELECT k.i, e.point_id, e.chip
      FROM k
      JOIN tag_enrolment e ON e.uid = k.uid AND e.enrolled_at <= k.at
           AND (e.ended_at IS NULL OR k.at < e.ended_at)
     UNION ALL
    SELECT k.i, point.id, NULL
      FROM k
      JOIN patrol_point point ON point.tag = k.uid
     WHERE NOT EXISTS (SELECT FROM tag_enrolment e WHERE e.uid = k.uid)
     UNION ALL
    SELECT k.i, point.id, NULL
      FROM k
      JOIN patrol_point point ON point.code = k.code)
SELECT DISTINCT ON (hung.i)
       hung.i - 1, point.id, fence.lon_deg, fence.lat_deg, fence.radius_m, hung.chip
  FROM hung
  JOIN k USING (i)
  JOIN patrol_point point ON point.id = hung.point_id
       AND (point.ended_at IS NULL OR k.at < point.ended_at)
  JOIN fence ON fence.radius_m IS NOT NULL AND fence.id = coalesce(
       (SELECT place.fence_id FROM point_place place
         WHERE place.point_id = point.id AND place.until_at > k.at
         ORDER BY place.until_at LIMIT 1), point.fence_id)
 ORDER BY hung.i, hung.chip DESC NULLS LAST, point.id;

-- hold_tags --
-- One judge a tag at a time, in the order of their names, so that two wait and never dead-lock.
SELECT pg_advisory_xact_lock(hashtextextended(uid, 7305104))
  FROM (SELECT DISTINCT uid FROM unnest(%(uids)s::text[]) uid ORDER BY uid) tags;

-- standing --
-- What is on record for these check-ins.
SELECT p.version, p.device_no, p.at, p.seq, p.org_id, p.point_id, p.uid, p.counter,
       p.corrected_at, p.time_trust, p.auth, p.place, p.distance_m, p.acc_m, p.level, p.flags,
       p.rule
  FROM unnest(%(nos)s::integer[], %(ats)s::timestamptz[], %(seqs)s::bigint[])
       AS k (device_no, at, seq)
  JOIN LATERAL (
       SELECT * FROM checkin_proof
        WHERE device_no = k.device_no AND at = k.at AND seq = k.seq
        ORDER BY version DESC LIMIT 1) p ON true;

-- contradicting --
-- Taps of the same tag with the same counter, or with more counted but earlier, or less but
-- later, than a tap given.
SELECT DISTINCT p.device_no, p.at, p.seq
  FROM unnest(%(uids)s::text[], %(counters)s::integer[], %(ats)s::timestamptz[])
       AS k (uid, counter, at)
  JOIN LATERAL (
       SELECT device_no, at, seq FROM checkin_proof
        WHERE uid = k.uid AND counter = k.counter
        UNION ALL
       SELECT device_no, at, seq FROM checkin_proof
        WHERE uid = k.uid AND counter < k.counter
          AND corrected_at > k.at + make_interval(secs => %(tol_s)s)
          AND corrected_at <= k.at + make_interval(secs => %(reach_s)s)
        UNION ALL
       SELECT device_no, at, seq FROM checkin_proof
        WHERE uid = k.uid AND counter > k.counter
          AND corrected_at < k.at - make_interval(secs => %(tol_s)s)
          AND corrected_at >= k.at - make_interval(secs => %(reach_s)s)) p ON true;

-- add --
INSERT INTO checkin_proof (device_no, at, seq, version, org_id, point_id, uid, counter,
       corrected_at, time_trust, auth, place, distance_m, acc_m, level, flags, rule)
VALUES (%(device_no)s, %(at)s, %(seq)s, %(version)s, %(org_id)s, %(point_id)s, %(uid)s,
        %(counter)s, %(corrected_at)s, %(time_trust)s, %(auth)s, %(place)s, %(distance_m)s,
        %(acc_m)s, %(level)s, %(flags)s, %(rule)s);

-- touch_windows --
-- An hour about it, for windows that overlap and for stays near a tap.
INSERT INTO patrol_dirty (window_id, why)
SELECT DISTINCT w.id, 'proof'
  FROM unnest(%(point_ids)s::bigint[], %(ats)s::timestamptz[]) AS k (point_id, at)
  JOIN patrol_window w ON w.point_id = k.point_id
       AND w.opens_at - make_interval(secs => w.early_s) <= k.at + interval '1 hour'
       AND w.closes_at + make_interval(secs => w.late_s) >= k.at - interval '1 hour'
 WHERE w.withdrawn_at IS NULL
    ON CONFLICT DO NOTHING;

-- worn --
-- Points with a tag where QR stood in for it so often within a week of this check-in.
SELECT point.id, point.org_id, point.name, point.tag, count(*)
  FROM unnest(%(point_ids)s::bigint[], %(ats)s::timestamptz[]) AS k (point_id, at)
  JOIN patrol_point point ON point.id = k.point_id AND point.tag IS NOT NULL
  JOIN checkin_proof_now p ON p.point_id = k.point_id AND p.auth = 'qr'
       AND p.corrected_at BETWEEN k.at - make_interval(secs => %(within_s)s) AND k.at
 GROUP BY point.id, k.at
HAVING count(*) >= %(count)s;

-- hint --
INSERT INTO tag_hint (point_id, week, told_at)
VALUES (%(point_id)s, date_trunc('week', %(at)s AT TIME ZONE 'Asia/Shanghai')::date, %(now)s)
    ON CONFLICT DO NOTHING
RETURNING week;

-- propose --
INSERT INTO tag_proposal (org_id, point_id, uid, chip, device_no, at, seq, proposed_at)
SELECT point.org_id, point.id, %(uid)s, %(chip)s, %(device_no)s, %(at)s, %(seq)s, %(now)s
  FROM patrol_point point
 WHERE point.code = %(code)s AND point.ended_at IS NULL AND point.tag IS DISTINCT FROM %(uid)s
    ON CONFLICT DO NOTHING
RETURNING id, org_id, point_id, uid, chip;
