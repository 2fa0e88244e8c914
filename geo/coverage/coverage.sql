-- owners --
-- Organisations below one of them that have something to be covered in the span.
SELECT DISTINCT owner.org_id
  FROM (SELECT org_id, created_at, ended_at FROM patrol_point WHERE 'point' = ANY(%(kinds)s)
        UNION ALL
        SELECT org_id, created_at, ended_at FROM patrol_segment WHERE 'segment' = ANY(%(kinds)s)
        UNION ALL
        SELECT org_id, created_at, ended_at FROM fence
         WHERE purpose = 'area' AND 'area' = ANY(%(kinds)s)) owner
 WHERE owner.org_id = ANY(%(org_ids)s)
   AND owner.created_at < %(to_at)s AND (owner.ended_at IS NULL OR owner.ended_at > %(from_at)s)
 ORDER BY owner.org_id;

-- below --
SELECT id FROM org WHERE path @> ARRAY[%(org_id)s::bigint] AND id = ANY(%(org_ids)s);

-- points --
-- With the rules of the circle: a stay is what the fences make of it.
SELECT point.id, point.name, fence.lon_deg, fence.lat_deg, fence.radius_m,
       coalesce(fence.dwell_s, 0), fence.min_inside_s, fence.min_inside_fixes,
       fence.min_outside_s, fence.min_outside_fixes, fence.margin_m
  FROM patrol_point point
  JOIN fence ON fence.id = point.fence_id
 WHERE point.org_id = %(org_id)s
   AND point.created_at < %(to_at)s AND (point.ended_at IS NULL OR point.ended_at > %(from_at)s)
 ORDER BY point.id;

-- segments --
SELECT id, name, line, width_m
  FROM patrol_segment
 WHERE org_id = %(org_id)s
   AND created_at < %(to_at)s AND (ended_at IS NULL OR ended_at > %(from_at)s)
 ORDER BY id;

-- areas --
SELECT id, name, lon_deg, lat_deg, radius_m, polygon
  FROM fence
 WHERE org_id = %(org_id)s AND purpose = 'area'
   AND created_at < %(to_at)s AND (ended_at IS NULL OR ended_at > %(from_at)s)
 ORDER BY id;

-- devices --
-- Who may cover what belongs to an organisation: its own, and those below and above it. The
-- camera of somebody who carries a terminal as well would count the same walk twice.
SELECT device.no, device.kind, device.period_s
  FROM org mine
  JOIN org theirs ON theirs.path @> ARRAY[mine.id] OR mine.path @> ARRAY[theirs.id]
  JOIN device ON device.org_id = theirs.id AND device.kind IN ('officer', 'vehicle', 'camera')
 WHERE mine.id = %(org_id)s
   AND (device.revoked_at IS NULL OR device.revoked_at > %(from_at)s)
   AND NOT (device.kind = 'camera'
            AND EXISTS (SELECT FROM device terminal
                         WHERE terminal.person_id = device.person_id
                           AND terminal.kind = 'officer' AND terminal.revoked_at IS NULL))
 ORDER BY device.no;

-- duty --
-- Of devices that have a roster for the span: when they were to be out.
SELECT device_no, greatest(starts_at, %(from_at)s), least(ends_at, %(to_at)s)
  FROM roster_shift
 WHERE device_no = ANY(%(nos)s) AND ended_at IS NULL AND kind <> 'leave'
   AND starts_at < %(to_at)s AND ends_at > %(from_at)s;

-- taps --
-- A check-in shows that somebody was there when the tag was read, unless its place says that
-- the tag was elsewhere; a code that anybody may photograph needs a place that agrees.
SELECT point_id, (extract(epoch FROM corrected_at) * 1000)::bigint
  FROM checkin_proof_now
 WHERE point_id = ANY(%(point_ids)s)
   AND corrected_at >= %(from_at)s AND corrected_at < %(to_at)s
   AND (auth IN ('uid', 'sun') AND place IN ('in', 'uncertain', 'none')
        OR auth = 'qr' AND place = 'in');

-- weigh --
-- How many positions a question asks for, counted no further than to too many.
SELECT count(*) FROM (
    SELECT FROM position
     WHERE device_no = ANY(%(nos)s) AND at >= %(from_at)s AND at < %(to_at)s
     LIMIT %(limit)s) counted;

-- stored --
-- The newest version of each figure of a span.
SELECT DISTINCT ON (object_id)
       object_id, org_id, covered, required, period_s, unknown_s, confidence, detail, rule,
       version, known_at,
       coalesce(point.name, segment.name, area.name)
  FROM patrol_coverage c
  LEFT JOIN LATERAL (SELECT name FROM patrol_point WHERE id = c.object_id AND c.kind = 'point') point
       ON true
  LEFT JOIN LATERAL (SELECT name FROM patrol_segment
                      WHERE id = c.object_id AND c.kind = 'segment') segment ON true
  LEFT JOIN LATERAL (SELECT name FROM fence WHERE id = c.object_id AND c.kind = 'area') area ON true
 WHERE kind = %(kind)s AND org_id = ANY(%(org_ids)s)
   AND from_at = %(from_at)s AND to_at = %(to_at)s
 ORDER BY object_id, version DESC;

-- unmeasured --
-- Of these organisations, those whose day was not measured yet, or no more holds.
SELECT id FROM unnest(%(org_ids)s::bigint[]) AS id
 WHERE NOT EXISTS (SELECT FROM patrol_coverage_run run
                    WHERE run.org_id = id AND run.day = %(day)s
                      AND run.rule IS NOT NULL AND NOT run.stale);

-- take_run --
-- Held while it is measured: data that comes meanwhile makes it stale afterwards.
INSERT INTO patrol_coverage_run (org_id, day) VALUES (%(org_id)s, %(day)s)
ON CONFLICT (org_id, day) DO UPDATE SET day = excluded.day;

-- end_run --
UPDATE patrol_coverage_run SET rule = %(rule)s, stale = false, run_at = %(now)s
 WHERE org_id = %(org_id)s AND day = %(day)s;

-- due --
-- Days of the last week that were not measured, that later data came for, or whose rule
-- changed, of organisations with something to cover then.
SELECT owner.org_id, days.day
  FROM unnest(%(days)s::date[], %(froms)s::timestamptz[], %(tos)s::timestamptz[], %(rules)s::text[])
       AS days (day, from_at, to_at, rule)
  CROSS JOIN LATERAL (
       SELECT org_id FROM patrol_point
        WHERE created_at < days.to_at AND (ended_at IS NULL OR ended_at > days.from_at)
       UNION
       SELECT org_id FROM patrol_segment
        WHERE created_at < days.to_at AND (ended_at IS NULL OR ended_at > days.from_at)
       UNION
       SELECT org_id FROM fence
        WHERE purpose = 'area'
          AND created_at < days.to_at AND (ended_at IS NULL OR ended_at > days.from_at)) owner
  LEFT JOIN patrol_coverage_run run ON run.org_id = owner.org_id AND run.day = days.day
 WHERE run.rule IS DISTINCT FROM days.rule OR run.stale
 ORDER BY days.day DESC, owner.org_id
 LIMIT %(limit)s;

-- add --
-- A version more, where the newest says something else.
INSERT INTO patrol_coverage (org_id, kind, object_id, from_at, to_at, version, covered, required,
                             unit, period_s, unknown_s, confidence, detail, rule)
SELECT %(org_id)s, %(kind)s, %(object_id)s, %(from_at)s, %(to_at)s, coalesce(newest.version, 0) + 1,
       %(covered)s, %(required)s, %(unit)s, %(period_s)s, %(unknown_s)s, %(confidence)s,
       %(detail)s, %(rule)s
  FROM (SELECT) one
  LEFT JOIN LATERAL (
       SELECT * FROM patrol_coverage
        WHERE kind = %(kind)s AND object_id = %(object_id)s
          AND from_at = %(from_at)s AND to_at = %(to_at)s
        ORDER BY version DESC
        LIMIT 1) newest ON true
 WHERE newest.version IS NULL
    OR (newest.covered, newest.required, newest.period_s, newest.unknown_s, newest.confidence,
        newest.detail, newest.rule)
       IS DISTINCT FROM
       (%(covered)s::float8, %(required)s::float8, %(period_s)s::float8, %(unknown_s)s::float8,
        %(confidence)s::text, %(detail)s::jsonb, %(rule)s::text);

-- stale --
-- Later data: what its device may cover is measured again.
INSERT INTO patrol_coverage_run (org_id, day, stale)
SELECT DISTINCT theirs.id, late.day, true
  FROM unnest(%(nos)s::integer[], %(days)s::date[]) AS late (no, day)
  JOIN device ON device.no = late.no
  JOIN org mine ON mine.id = device.org_id
  JOIN org theirs ON theirs.path @> ARRAY[mine.id] OR mine.path @> ARRAY[theirs.id]
 ORDER BY 1, 2
ON CONFLICT (org_id, day) DO UPDATE SET stale = true WHERE NOT patrol_coverage_run.stale;
