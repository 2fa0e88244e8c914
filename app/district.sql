-- A demonstration district, written so that a second time changes nothing.

-- org --
INSERT INTO org (parent_id, kind, name)
SELECT %(parent_id)s, %(kind)s, %(name)s
 WHERE NOT EXISTS (SELECT FROM org
                    WHERE parent_id IS NOT DISTINCT FROM %(parent_id)s AND name = %(name)s);

-- org_id --
SELECT id FROM org WHERE parent_id IS NOT DISTINCT FROM %(parent_id)s AND name = %(name)s;

-- person --
INSERT INTO person (org_id, badge, name)
SELECT * FROM unnest(%(org_ids)s::bigint[], %(badges)s::text[], %(names)s::text[])
ON CONFLICT (badge) DO NOTHING;

-- device --
-- Without a password: the gateway speaks for them. `device rotate` gives one its own.
INSERT INTO device (id, kind, part, org_id, person_id, name, label, period_s, outbox, enrolled_at)
SELECT d.id, d.kind, d.part, d.org_id, person.id, d.name, d.label, d.period_s, true, %(now)s
  FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(parts)s::smallint[], %(org_ids)s::bigint[],
              %(badges)s::text[], %(names)s::text[], %(labels)s::text[], %(periods)s::integer[])
       WITH ORDINALITY
       AS d (id, kind, part, org_id, badge, name, label, period_s, place)
  LEFT JOIN person USING (badge)
 ORDER BY d.place
ON CONFLICT (id) DO NOTHING
RETURNING no;

-- unit_shapes --
SELECT id, org_id, shape FROM unit_shape WHERE id = ANY(%(nos)s) ORDER BY id;

-- fence --
INSERT INTO fence (org_id, name, purpose, polygon, dwell_s, created_at, created_by)
SELECT %(org_id)s, %(name)s, %(purpose)s, %(polygon)s, %(dwell_s)s, %(now)s, 'system'
 WHERE NOT EXISTS (SELECT FROM fence
                    WHERE org_id = %(org_id)s AND name = %(name)s AND ended_at IS NULL);

-- point --
WITH circle AS (
    INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, dwell_s,
                       created_at, created_by)
    SELECT %(org_id)s, %(name)s, 'point', %(lat_deg)s, %(lon_deg)s, %(radius_m)s, %(dwell_s)s,
           %(now)s, 'system'
     WHERE NOT EXISTS (SELECT FROM patrol_point WHERE tag = %(tag)s)
    RETURNING id
)
INSERT INTO patrol_point (org_id, name, fence_id, tag, grade, created_at)
SELECT %(org_id)s, %(name)s, id, %(tag)s, %(grade)s, %(now)s FROM circle;

-- segment --
INSERT INTO patrol_segment (org_id, name, grade, line, created_at, created_by)
SELECT %(org_id)s, %(name)s, %(grade)s, %(line)s, %(now)s, 'system'
 WHERE NOT EXISTS (SELECT FROM patrol_segment
                    WHERE org_id = %(org_id)s AND name = %(name)s AND ended_at IS NULL);

-- window --
-- A window that would overlap one the point has already is left out.
INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at, grace_s, min_dwell_s,
                           created_by, created_at)
SELECT point.org_id, point.id, w.opens_at, w.due_at, w.closes_at, %(grace_s)s, %(min_dwell_s)s,
       'system', %(now)s
  FROM unnest(%(tags)s::text[], %(opens_ats)s::timestamptz[], %(due_ats)s::timestamptz[],
              %(closes_ats)s::timestamptz[]) AS w (tag, opens_at, due_at, closes_at)
  JOIN patrol_point point ON point.tag = w.tag AND point.ended_at IS NULL
 WHERE NOT EXISTS (SELECT FROM patrol_window known
                    WHERE known.point_id = point.id
                      AND known.opens_at < w.closes_at AND known.closes_at > w.opens_at)
ON CONFLICT DO NOTHING;

-- shift --
-- A terminal whose last shift still goes on is rostered already.
INSERT INTO roster_shift (org_id, person_id, device_no, starts_at, ends_at, point_ids, created_at,
                          created_by)
SELECT device.org_id, device.person_id, device.no,
       greatest(%(starts_at)s, coalesce((SELECT max(ends_at) FROM roster_shift known
                                          WHERE known.device_no = device.no
                                            AND known.ended_at IS NULL), %(starts_at)s)),
       %(ends_at)s,
       array(SELECT id FROM patrol_point WHERE tag = ANY(%(tags)s) ORDER BY id), %(now)s, 'system'
  FROM device
 WHERE device.id = %(device)s
   AND NOT EXISTS (SELECT FROM roster_shift known
                    WHERE known.device_no = device.no AND known.ended_at IS NULL
                      AND known.ends_at > %(ends_at)s - interval '1 hour');
