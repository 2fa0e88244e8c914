-- A mandatory point: its place is its fence's.
CREATE OR REPLACE VIEW point_shape AS
SELECT point.id, point.org_id,
       jsonb_build_object(
           'id', point.id,
           'org_id', point.org_id,
           'name', point.name,
           'lon', fence.lon_deg,
           'lat', fence.lat_deg,
           'radius_m', fence.radius_m,
           'fence_id', point.fence_id,
           'tag', point.tag,
           'grade', point.grade
       ) AS shape
  FROM patrol_point point
  JOIN fence ON fence.id = point.fence_id
 WHERE point.ended_at IS NULL;
