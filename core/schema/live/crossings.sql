-- Crossings as we know them now: neither retracted nor retractions themselves.
CREATE OR REPLACE VIEW crossing_now AS
SELECT c.id, c.device_no, c.fence_id, c.org_id, c.kind, c.at, c.by, c.known_at
  FROM crossing c
 WHERE c.retracts IS NULL
   AND NOT EXISTS (SELECT FROM crossing r WHERE r.retracts = c.id);
