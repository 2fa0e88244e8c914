-- points --
SELECT p.shape ->> 'code' AS code, p.shape ->> 'name' AS name, p.org_id AS org,
       (p.shape ->> 'lon')::float8 AS lon, (p.shape ->> 'lat')::float8 AS lat,
       (p.shape ->> 'radius_m')::float8 AS radius_m, p.shape ->> 'tag' AS tag,
       (p.shape ->> 'grade')::integer AS grade
  FROM point_shape p
 WHERE p.org_id = ANY(%(org_ids)s)
 ORDER BY p.id;
