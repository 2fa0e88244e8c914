-- A mandatory point whether it still stands or not: old windows are about points as well.
CREATE OR REPLACE VIEW point_any_shape AS
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
           'grade', point.grade,
           'code', point.code,
           'ended_at', point.ended_at
       ) AS shape
  FROM patrol_point point
  JOIN fence ON fence.id = point.fence_id;
