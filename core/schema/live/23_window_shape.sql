-- A patrol window with its newest verdict; result is null until there is one.
CREATE OR REPLACE VIEW window_shape AS
SELECT w.id, w.org_id,
       jsonb_build_object(
           'id', w.id,
           'org_id', w.org_id,
           'point_id', w.point_id,
           'opens_at', w.opens_at,
           'due_at', w.due_at,
           'closes_at', w.closes_at,
           'grace_s', w.grace_s,
           'min_dwell_s', w.min_dwell_s,
           'result', verdict.result,
           'version', verdict.version,
           'reasons', coalesce(verdict.reasons, '[]'),
           'evidence', coalesce(verdict.evidence, '{}'),
           'observed_share', verdict.observed_share,
           'known_at', verdict.known_at
       ) AS shape
  FROM patrol_window w
  LEFT JOIN LATERAL (
       SELECT * FROM patrol_verdict v
        WHERE v.window_id = w.id ORDER BY v.version DESC LIMIT 1) verdict ON true;
