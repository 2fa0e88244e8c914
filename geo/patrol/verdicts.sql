-- fresh_proofs --
-- Where and when the check-ins just handed in were, and those of the same tags whose worth
-- they changed in this transaction. A few of another follower may be among them: no harm.
WITH mine AS (
    SELECT p.uid, p.point_id, p.corrected_at
      FROM unnest(%(nos)s::integer[], %(ats)s::timestamptz[], %(seqs)s::bigint[])
           AS k (no, at, seq)
      JOIN checkin_proof p ON p.device_no = k.no AND p.at = k.at AND p.seq = k.seq
)
SELECT point_id, corrected_at FROM mine WHERE point_id IS NOT NULL
UNION
SELECT point_id, corrected_at FROM checkin_proof
 WHERE counter IS NOT NULL AND uid IN (SELECT uid FROM mine) AND point_id IS NOT NULL
   AND known_at >= transaction_timestamp();

-- fresh_crossings --
-- Crossings of this very transaction: the fences were judged just before. A few of another
-- follower may be among them, which does no harm.
SELECT point.id, c.at
  FROM crossing c
  JOIN patrol_point point ON point.fence_id = c.fence_id
 WHERE c.id > coalesce((SELECT id FROM crossing WHERE known_at < now() ORDER BY id DESC LIMIT 1), 0);

-- rested_on --
-- Settled windows that rest on telemetry of these devices at these times.
INSERT INTO patrol_dirty (window_id, why)
SELECT DISTINCT r.window_id, 'late'
  FROM unnest(%(nos)s::integer[], %(froms)s::bigint[], %(tos)s::bigint[]) AS k (no, from_ms, to_ms)
  JOIN patrol_rests r ON r.device_no = k.no AND r.from_at <= to_timestamp(k.to_ms / 1000.0)
       AND r.to_at >= to_timestamp(k.from_ms / 1000.0)
ON CONFLICT DO NOTHING;

-- windows_about --
-- A stay reaches a day to either side of a crossing at most.
SELECT DISTINCT w.id
  FROM unnest(%(point_ids)s::bigint[], %(ats)s::timestamptz[]) AS k (point_id, at)
  JOIN patrol_window w ON w.point_id = k.point_id
       AND w.opens_at <= k.at + interval '1 day' AND w.closes_at >= k.at - interval '1 day'
 WHERE w.opens_at - make_interval(secs => w.early_s) <= %(now)s
   AND w.withdrawn_at IS NULL
 ORDER BY w.id;

-- due --
-- Over, grace included, and not settled. Where followers are behind, proofs are not known yet:
-- those wait, and are asked for again.
SELECT w.id FROM patrol_window w
 WHERE w.settled_at IS NULL AND w.withdrawn_at IS NULL
   AND w.closes_at > %(oldest)s AND w.closes_at < %(now)s
   AND w.closes_at + make_interval(secs => w.late_s + w.grace_s)
       < least(%(now)s, %(unjudged_since)s)
   AND coalesce(w.look_again_at, '-infinity') <= %(now)s
 ORDER BY w.closes_at, w.id
 LIMIT %(limit)s;

-- dirty --
SELECT window_id FROM patrol_dirty ORDER BY since LIMIT %(limit)s;

-- clean --
DELETE FROM patrol_dirty WHERE window_id = ANY(%(ids)s);

-- unjudged_since --
-- When the first batch that no follower has judged yet was stored. Of sessions that are
-- retired nobody judges any more, so nothing waits for them.
SELECT min(waiting.received_at)
  FROM ingest_lease lease
  LEFT JOIN follower_cursor done USING (session_no)
  JOIN LATERAL (SELECT received_at FROM batch
                 WHERE session_no = lease.session_no AND no > coalesce(done.batch_no, 0)
                 ORDER BY no LIMIT 1) waiting ON true
 WHERE lease.session_no < (SELECT sessions FROM ingest_lease ORDER BY until_at DESC LIMIT 1);

-- open_with_stay --
-- Open, not yet judged, and somebody is in the circle.
SELECT DISTINCT w.id
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN crossing_now c ON c.fence_id = point.fence_id AND c.kind = 'entered'
       AND c.at BETWEEN w.opens_at - interval '1 day' AND w.closes_at
 WHERE w.settled_at IS NULL AND w.withdrawn_at IS NULL AND w.min_dwell_s > 0
   AND w.opens_at - make_interval(secs => w.early_s) <= %(now)s
   AND w.closes_at >= %(now)s - make_interval(secs => w.late_s)
   AND NOT EXISTS (SELECT FROM patrol_verdict v WHERE v.window_id = w.id)
 ORDER BY w.id;

-- with_rounds --
-- The order of a route is judged over all the stops of one walk.
SELECT id FROM patrol_window WHERE id = ANY(%(ids)s)
UNION
SELECT other.id
  FROM patrol_window w
  JOIN patrol_window other ON other.round = w.round AND other.withdrawn_at IS NULL
 WHERE w.id = ANY(%(ids)s) AND w.round IS NOT NULL AND w.route_order <> 'free'
 ORDER BY id;

-- hold_windows --
-- In the order of ids, so that two judges wait and never dead-lock.
SELECT id FROM patrol_window
 WHERE id = ANY(%(ids)s) AND withdrawn_at IS NULL ORDER BY id FOR UPDATE;

-- hold_windows_free --
-- For the sweep: what another judge holds is judged there, or at the next turn.
SELECT id FROM patrol_window
 WHERE id = ANY(%(ids)s) AND withdrawn_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED;

-- windows --
SELECT w.id, w.point_id, w.opens_at, w.due_at, w.closes_at,
       fence.lon_deg, fence.lat_deg, fence.radius_m,
       w.early_s, w.late_s, w.grace_s, w.min_dwell_s, w.proof, w.min_level, w.route_order,
       w.round, w.stop_no, w.org_id, fence.id, w.route_id
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN fence ON fence.id = coalesce(w.fence_id, point.fence_id)
 WHERE w.id = ANY(%(ids)s)
 ORDER BY w.id;

-- current --
SELECT DISTINCT ON (window_id)
       window_id, version, result, reasons, evidence, observed_share, rule, verified, level,
       device_no, proved_at
  FROM patrol_verdict
 WHERE window_id = ANY(%(ids)s)
 ORDER BY window_id, version DESC;

-- add --
INSERT INTO patrol_verdict (window_id, version, result, rule, reasons, evidence, observed_share,
                            verified, level, device_no, proved_at)
VALUES (%(window_id)s, %(version)s, %(result)s, %(rule)s, %(reasons)s, %(evidence)s,
        %(observed_share)s, %(verified)s, %(level)s, %(device_no)s, %(proved_at)s);

-- settle --
UPDATE patrol_window SET settled_at = %(now)s
 WHERE id = ANY(%(ids)s) AND settled_at IS NULL;

-- unsettle --
-- Settled by a clock that was ahead and is back: whatever changes now is judged when it is over.
UPDATE patrol_window SET settled_at = NULL WHERE id = ANY(%(ids)s) AND settled_at IS NOT NULL;

-- wait --
UPDATE patrol_window SET look_again_at = %(at)s, settled_at = NULL WHERE id = ANY(%(ids)s);

-- rest --
INSERT INTO patrol_rests (window_id, device_no, from_at, to_at)
SELECT * FROM unnest(%(window_ids)s::bigint[], %(nos)s::integer[], %(froms)s::timestamptz[],
                     %(tos)s::timestamptz[])
ON CONFLICT (window_id, device_no) DO UPDATE
   SET from_at = least(patrol_rests.from_at, excluded.from_at),
       to_at = greatest(patrol_rests.to_at, excluded.to_at);

-- window_shapes --
SELECT id, org_id, shape FROM window_shape WHERE id = ANY(%(ids)s) ORDER BY id;

-- as_of --
-- What was known then; without a time, what is known now.
SELECT v.window_id, v.version, v.result, v.rule, v.reasons, v.evidence, v.observed_share,
       v.verified, v.level, v.device_no, v.proved_at, v.known_at
  FROM patrol_verdict v
  JOIN patrol_window w ON w.id = v.window_id
 WHERE v.window_id = %(window_id)s AND w.org_id = ANY(%(org_ids)s)
   AND (%(as_of)s::timestamptz IS NULL OR v.known_at <= %(as_of)s)
 ORDER BY v.version;
