-- A segment of road to be covered, as it looks in REST and in its events. Ended ones are not shown.
CREATE OR REPLACE VIEW segment_shape AS
SELECT id, org_id,
       jsonb_build_object(
           'id', id,
           'org_id', org_id,
           'name', name,
           'grade', grade,
           'line', line,
           'width_m', width_m,
           'created_at', created_at,
           'created_by', created_by
       ) AS shape
  FROM patrol_segment
 WHERE ended_at IS NULL;
