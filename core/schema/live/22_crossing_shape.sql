-- Every crossing on record, retracted ones and retractions included.
CREATE OR REPLACE VIEW crossing_shape AS
SELECT id, org_id,
       jsonb_build_object(
           'id', id,
           'device_no', device_no,
           'fence_id', fence_id,
           'org_id', org_id,
           'kind', kind,
           'at', at,
           'by', by,
           'known_at', known_at,
           'retracts', retracts
       ) AS shape
  FROM crossing;
