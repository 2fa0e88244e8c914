-- orgs --
SELECT id, name, id FROM org WHERE id = ANY(%(org_ids)s) ORDER BY id;

-- points --
SELECT id, shape ->> 'name', org_id, shape ->> 'code',
       jsonb_build_object('name', shape -> 'name', 'lon', shape -> 'lon', 'lat', shape -> 'lat',
                          'radius_m', shape -> 'radius_m', 'tag', shape -> 'tag',
                          'grade', shape -> 'grade')
  FROM point_shape
 WHERE org_id = ANY(%(org_ids)s)
 ORDER BY id;

-- segments --
SELECT id, name, org_id, NULL,
       jsonb_build_object('line', line, 'grade', grade, 'width_m', width_m)
  FROM patrol_segment
 WHERE ended_at IS NULL AND org_id = ANY(%(org_ids)s)
 ORDER BY id;

-- fences --
SELECT id, shape ->> 'name', org_id, NULL,
       jsonb_build_object('geometry', shape -> 'geometry', 'radius_m', shape -> 'radius_m',
                          'purpose', shape -> 'purpose', 'dwell_s', shape -> 'dwell_s',
                          'margin_m', shape -> 'margin_m')
  FROM fence_shape
 WHERE shape ->> 'purpose' <> 'point' AND org_id = ANY(%(org_ids)s)
 ORDER BY id;

-- routes --
SELECT route.id, route.name, route.org_id, NULL, v.body
  FROM patrol_route route
  JOIN LATERAL (SELECT body FROM patrol_route_version
                 WHERE route_id = route.id ORDER BY version DESC LIMIT 1) v ON true
 WHERE route.ended_at IS NULL AND route.org_id = ANY(%(org_ids)s)
 ORDER BY route.id;

-- posts --
SELECT id, name, org_id FROM fence
 WHERE ended_at IS NULL AND purpose = 'post' AND org_id = ANY(%(org_ids)s)
 ORDER BY id;

-- devices --
-- A terminal by its id, or by the badge of who carries it.
SELECT device.no, device.id, device.org_id, CASE WHEN device.kind = 'officer' THEN person.badge END
  FROM device
  LEFT JOIN person ON person.id = device.person_id
 WHERE device.org_id = ANY(%(org_ids)s)
 ORDER BY device.no;

-- shift --
-- The standing shift that a row of a roster is about: of this terminal, from this time on.
SELECT id, jsonb_build_object('ends_at', to_char(ends_at AT TIME ZONE 'UTC',
                                                 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                              'kind', kind, 'route_id', route_id,
                              'point_ids', to_jsonb(point_ids), 'post_id', post_id)
  FROM roster_shift
 WHERE device_no = %(no)s AND starts_at = %(starts_at)s AND ended_at IS NULL
   AND org_id = ANY(%(org_ids)s)
   AND (kind = 'leave') = (%(kind)s = 'leave');
