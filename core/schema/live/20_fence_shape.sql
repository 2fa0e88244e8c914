-- How a fence looks in the snapshot, in REST and in fence events. Ended ones are not shown.
CREATE OR REPLACE VIEW fence_shape AS
SELECT id, org_id,
       jsonb_build_object(
           'id', id,
           'org_id', org_id,
           'name', name,
           'purpose', purpose,
           'geometry', coalesce(polygon, jsonb_build_object(
               'type', 'Point', 'coordinates', jsonb_build_array(lon_deg, lat_deg))),
           'radius_m', radius_m,
           'margin_m', margin_m,
           'dwell_s', dwell_s,
           'created_at', created_at,
           'created_by', created_by
       ) AS shape
  FROM fence
 WHERE ended_at IS NULL;
