-- points_of_tags --
SELECT tag, id FROM patrol_point WHERE tag = ANY(%(tags)s) AND ended_at IS NULL;

-- told_checkins --
-- Check-ins whose event stands already: readings handed in again say nothing.
SELECT device_no, at, (body -> 'checkin' ->> 'seq')::bigint
  FROM event
 WHERE kind = 'checkin.recorded' AND device_no = ANY(%(nos)s) AND at = ANY(%(ats)s);

-- fresh_crossings --
-- Crossings of this very transaction: the fences were judged just before. A few of another
-- follower may be among them, which does no harm.
SELECT point.id, c.at
  FROM crossing c
  JOIN patrol_point point ON point.fence_id = c.fence_id
 WHERE c.id > coalesce((SELECT id FROM crossing WHERE known_at < now() ORDER BY id DESC LIMIT 1), 0);

-- windows_about --
-- A stay reaches a day to either side of a crossing at most.
SELECT DISTINCT w.id
  FROM unnest(%(point_ids)s::bigint[], %(ats)s::timestamptz[]) AS k (point_id, at)
  JOIN patrol_window w ON w.point_id = k.point_id
       AND w.opens_at <= k.at + interval '1 day' AND w.closes_at >= k.at - interval '1 day'
 WHERE w.opens_at <= %(now)s
 ORDER BY w.id;

-- due --
-- Over, grace included, and never judged; or reopened, which the last days alone can be.
-- Where followers are behind, stays are not known yet: those wait, and are asked for again.
(SELECT w.id FROM patrol_window w
  WHERE w.closes_at + make_interval(secs => w.grace_s) < %(now)s
    AND w.closes_at > %(oldest)s
    AND (w.min_dwell_s = 0
         OR w.closes_at + make_interval(secs => w.grace_s) < %(unjudged_since)s)
    AND NOT EXISTS (SELECT FROM patrol_verdict v WHERE v.window_id = w.id)
  ORDER BY w.id
  LIMIT %(limit)s)
UNION ALL
(SELECT w.id
   FROM patrol_window w
   JOIN patrol_verdict v ON v.window_id = w.id AND v.result = 'undeterminable'
        AND v.reasons -> 0 ->> 'code' = 'reopened'
  WHERE w.closes_at + make_interval(secs => w.grace_s) < least(%(now)s, %(unjudged_since)s)
    AND w.closes_at > %(reopened)s
    AND NOT EXISTS (SELECT FROM patrol_verdict newer
                     WHERE newer.window_id = w.id AND newer.version > v.version)
  ORDER BY w.id
  LIMIT %(limit)s);

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
 WHERE w.opens_at <= %(now)s AND w.closes_at >= %(now)s AND w.min_dwell_s > 0
   AND NOT EXISTS (SELECT FROM patrol_verdict v WHERE v.window_id = w.id)
 ORDER BY w.id;

-- hold_windows --
-- In the order of ids, so that two judges wait and never dead-lock.
SELECT w.id, w.org_id, w.opens_at, w.closes_at, w.grace_s, w.min_dwell_s,
       fence.lon_deg, fence.lat_deg, fence.radius_m, w.point_id, point.fence_id
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN fence ON fence.id = point.fence_id
 WHERE w.id = ANY(%(ids)s)
 ORDER BY w.id
   FOR UPDATE OF w;

-- hold_windows_free --
-- For the sweep: what another judge holds is judged there.
SELECT w.id, w.org_id, w.opens_at, w.closes_at, w.grace_s, w.min_dwell_s,
       fence.lon_deg, fence.lat_deg, fence.radius_m, w.point_id, point.fence_id
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN fence ON fence.id = point.fence_id
 WHERE w.id = ANY(%(ids)s)
 ORDER BY w.id
   FOR UPDATE OF w SKIP LOCKED;

-- taps --
-- A tap serves one window: of those that hold it, the one due nearest to it.
SELECT w.id, c.device_no, c.at, c.seq, c.lon_e7 / 1e7::float8, c.lat_e7 / 1e7::float8,
       c.acc_dm / 10::float8
  FROM patrol_window w
  JOIN patrol_point point ON point.id = w.point_id
  JOIN checkin c ON c.tag = point.tag AND c.at BETWEEN w.opens_at AND w.closes_at
 WHERE w.id = ANY(%(ids)s) AND c.method IN ('nfc', 'sun')
   AND NOT EXISTS (
       SELECT FROM patrol_window o
        WHERE o.point_id = w.point_id AND c.at BETWEEN o.opens_at AND o.closes_at
          AND (abs(extract(epoch FROM c.at - o.due_at)), o.id)
            < (abs(extract(epoch FROM c.at - w.due_at)), w.id));

-- crossings --
SELECT c.fence_id, c.device_no, c.kind, c.at
  FROM crossing_now c
 WHERE c.fence_id = ANY(%(fence_ids)s) AND c.kind <> 'dwelt'
   AND c.at BETWEEN %(from_at)s AND %(to_at)s
 ORDER BY c.fence_id, c.device_no, c.at, c.kind DESC;

-- fixes_since --
-- The newest first: how long a stay that has not ended is known to last.
SELECT at, lon_e7 / 1e7::float8, lat_e7 / 1e7::float8
  FROM position
 WHERE device_no = %(device_no)s AND at >= %(from_at)s AND at <= %(to_at)s AND flags & 1 = 1
 ORDER BY at DESC, seq DESC
 LIMIT 200;

-- alive --
-- Spans of the sessions that were heard about the time of the window.
SELECT session_no, started_at, seen_at
  FROM alive_span
 WHERE seen_at >= %(from_at)s AND started_at <= %(to_at)s;

-- current --
SELECT window_id, version, result, reasons, evidence, observed_share
  FROM patrol_verdict_now
 WHERE window_id = ANY(%(ids)s);

-- add --
INSERT INTO patrol_verdict (window_id, version, result, rule, reasons, evidence, observed_share)
VALUES (%(window_id)s, %(version)s, %(result)s, %(rule)s, %(reasons)s, %(evidence)s,
        %(observed_share)s);

-- window_shapes --
SELECT id, org_id, shape FROM window_shape WHERE id = ANY(%(ids)s) ORDER BY id;

-- as_of --
-- What was known then; without a time, what is known now.
SELECT v.window_id, v.version, v.result, v.rule, v.reasons, v.evidence, v.observed_share, v.known_at
  FROM patrol_verdict v
  JOIN patrol_window w ON w.id = v.window_id
 WHERE v.window_id = %(window_id)s AND w.org_id = ANY(%(org_ids)s)
   AND (%(as_of)s::timestamptz IS NULL OR v.known_at <= %(as_of)s)
 ORDER BY v.version;
