-- fences_version --
-- Changes whenever a fence is added or ended: rows are never edited otherwise. Counted, since
-- who began earlier may commit later: neither an id nor a time need be the newest.
SELECT count(*), count(ended_at) FROM fence;

-- fences --
SELECT id, lon_deg, lat_deg, radius_m, polygon, min_inside_s, min_inside_fixes,
       min_outside_s, min_outside_fixes, margin_m, dwell_s
  FROM fence
 WHERE ended_at IS NULL
 ORDER BY id;

-- devices --
SELECT no, id, kind, period_s, org_id FROM device WHERE no = ANY(%(nos)s);

-- newest_checkpoints --
-- One index probe a device.
SELECT k.no, c.state
  FROM unnest(%(nos)s::integer[]) AS k (no)
  JOIN LATERAL (SELECT state FROM fence_checkpoint
                 WHERE device_no = k.no ORDER BY at DESC, seq DESC LIMIT 1) c ON true;

-- checkpoint_before --
SELECT state FROM fence_checkpoint
 WHERE device_no = %(no)s AND (at, seq) < (to_timestamp(%(at_ms)s / 1000.0), %(seq)s)
 ORDER BY at DESC, seq DESC
 LIMIT 1;

-- checkpoints_after --
SELECT at, seq, state FROM fence_checkpoint
 WHERE device_no = %(no)s AND (at, seq) > (to_timestamp(%(at_ms)s / 1000.0), %(seq)s)
 ORDER BY at, seq;

-- judged_positions --
-- What followers have judged already, or an evaluator holds in memory, after a key for each
-- device; the plain lower bound lets the planner leave out days.
SELECT p.device_no, (extract(epoch FROM p.at) * 1000)::bigint, p.seq,
       p.lon_e7, p.lat_e7, coalesce(p.acc_dm, 0), p.flags
  FROM unnest(%(nos)s::integer[], %(ats_ms)s::bigint[], %(seqs)s::bigint[],
              %(tops_ms)s::bigint[], %(top_seqs)s::bigint[]) AS k (no, at_ms, seq, top_ms, top_seq)
  JOIN position p ON p.device_no = k.no
       AND (p.at, p.seq) > (to_timestamp(k.at_ms / 1000.0), k.seq)
  LEFT JOIN follower_cursor done
       ON done.session_no = p.batch_id %% 64 AND p.batch_id / 64 <= done.batch_no
 WHERE p.at >= to_timestamp(%(from_ms)s / 1000.0)
   AND (done.session_no IS NOT NULL
        OR (p.at, p.seq) <= (to_timestamp(k.top_ms / 1000.0), k.top_seq));

-- standing_crossings --
SELECT id, device_no, fence_id, kind, (extract(epoch FROM at) * 1000)::bigint, by
  FROM crossing_now
 WHERE device_no = ANY(%(nos)s) AND at >= to_timestamp(%(from_ms)s / 1000.0)
 ORDER BY id;

-- add_crossing --
-- What stands already is not said again: a replay is silent.
INSERT INTO crossing (device_no, fence_id, org_id, kind, at, by)
SELECT %(device_no)s, %(fence_id)s, %(org_id)s, %(kind)s, to_timestamp(%(at_ms)s / 1000.0), %(by)s
 WHERE NOT EXISTS (SELECT FROM crossing_now
                    WHERE device_no = %(device_no)s AND fence_id = %(fence_id)s
                      AND kind = %(kind)s AND at = to_timestamp(%(at_ms)s / 1000.0))
RETURNING id;

-- retract_crossing --
INSERT INTO crossing (device_no, fence_id, org_id, kind, at, by, retracts)
SELECT device_no, fence_id, org_id, kind, at, by, id FROM crossing WHERE id = %(id)s
RETURNING id;

-- crossing_shapes --
SELECT c.at, c.org_id, c.device_no, c.kind, c.retracts, s.shape
  FROM crossing c JOIN crossing_shape s ON s.id = c.id
 WHERE c.id = ANY(%(ids)s)
 ORDER BY c.id;

-- keep_checkpoint --
INSERT INTO fence_checkpoint (device_no, at, seq, state)
VALUES (%(no)s, to_timestamp(%(at_ms)s / 1000.0), %(seq)s, %(state)s)
ON CONFLICT (device_no, at, seq) DO UPDATE SET state = excluded.state;

-- thin_checkpoints --
-- Half-hourly ones serve readings that come late by days; of older ones a device needs
-- one a day.
DELETE FROM fence_checkpoint old
 WHERE at < %(now)s - interval '7 days'
   AND EXISTS (SELECT FROM fence_checkpoint earlier
                WHERE earlier.device_no = old.device_no AND earlier.at < old.at
                  AND earlier.at >= date_trunc('day', old.at));
