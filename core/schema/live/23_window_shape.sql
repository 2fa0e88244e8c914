-- A patrol window with its newest verdict; result is null until there is one.
-- A withdrawn window is shown to nobody: another stands in its place.
CREATE OR REPLACE VIEW window_shape AS
SELECT w.id, w.org_id,
       jsonb_build_object(
           'id', w.id,
           'org_id', w.org_id,
           'point_id', w.point_id,
           'opens_at', w.opens_at,
           'due_at', w.due_at,
           'closes_at', w.closes_at,
           'early_s', w.early_s,
           'late_s', w.late_s,
           'grace_s', w.grace_s,
           'min_dwell_s', w.min_dwell_s,
           'proof', w.proof,
           'min_level', w.min_level,
           'grade', w.grade,
           'plan_id', w.plan_id,
           'route_id', w.route_id,
           'round', w.round,
           'stop_no', w.stop_no,
           'result', verdict.result,
           'verified', verdict.verified,
           'level', verdict.level,
           'device_no', verdict.device_no,
           'proved_at', verdict.proved_at,
           'rule', verdict.rule,
           'version', verdict.version,
           'reasons', coalesce(verdict.reasons, '[]'),
           'evidence', coalesce(verdict.evidence, '{}'),
           'observed_share', verdict.observed_share,
           'known_at', verdict.known_at
       ) AS shape
  FROM patrol_window w
  LEFT JOIN LATERAL (
       SELECT * FROM patrol_verdict v
        WHERE v.window_id = w.id ORDER BY v.version DESC LIMIT 1) verdict ON true
 WHERE w.withdrawn_at IS NULL;
