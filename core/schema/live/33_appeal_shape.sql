-- How an appeal looks in lists and in appeal events: with its window as it stands now.
CREATE OR REPLACE VIEW appeal_shape AS
SELECT a.id, a.org_id,
       jsonb_build_object(
           'id', a.id,
           'window_id', a.window_id,
           'org_id', a.org_id,
           'kind', a.kind,
           'reason', a.reason,
           'evidence', a.evidence,
           'verdict_version', a.verdict_version,
           'created_at', a.created_at,
           'created_by', a.created_by,
           'state', coalesce(d.decision, 'open'),
           'decision', CASE WHEN d.appeal_id IS NOT NULL THEN jsonb_build_object(
               'decision', d.decision, 'note', d.note, 'decided_at', d.decided_at,
               'decided_by', d.decided_by) END,
           'point_name', point.name,
           'before', (SELECT v.result FROM patrol_verdict v
                       WHERE v.window_id = a.window_id AND v.version = a.verdict_version),
           'window', w.shape
       ) AS shape
  FROM patrol_appeal a
  LEFT JOIN patrol_appeal_decision d ON d.appeal_id = a.id
  JOIN window_shape w ON w.id = a.window_id
  JOIN patrol_point point ON point.id = (w.shape ->> 'point_id')::bigint;
