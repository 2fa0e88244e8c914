-- points --
SELECT jsonb_build_object('type', 'Point', 'coordinates',
                          jsonb_build_array(shape -> 'lon', shape -> 'lat')),
       shape ->> 'code', shape ->> 'name', org_id, (shape ->> 'radius_m')::float8,
       shape ->> 'tag', (shape ->> 'grade')::integer
  FROM point_shape
 WHERE org_id = ANY(%(org_ids)s)
 ORDER BY id;

-- fences --
SELECT shape -> 'geometry', shape ->> 'name', org_id, shape ->> 'purpose',
       (shape ->> 'radius_m')::float8, (shape ->> 'dwell_s')::float8
  FROM fence_shape
 WHERE shape ->> 'purpose' <> 'point' AND org_id = ANY(%(org_ids)s)
 ORDER BY id;

-- segments --
SELECT shape -> 'line', shape ->> 'name', org_id, (shape ->> 'grade')::integer,
       (shape ->> 'width_m')::float8
  FROM segment_shape
 WHERE org_id = ANY(%(org_ids)s)
 ORDER BY id;
