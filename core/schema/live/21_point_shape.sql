-- A mandatory point that stands: its place is its fence's.
CREATE OR REPLACE VIEW point_shape AS
SELECT id, org_id, shape - 'ended_at' AS shape
  FROM point_any_shape
 WHERE shape ->> 'ended_at' IS NULL;
