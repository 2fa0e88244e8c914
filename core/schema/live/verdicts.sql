-- The current verdict of each window.
CREATE OR REPLACE VIEW patrol_verdict_now AS
SELECT DISTINCT ON (window_id) *
  FROM patrol_verdict
 ORDER BY window_id, version DESC;
