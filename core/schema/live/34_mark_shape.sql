-- How a mark of a cheat detector looks in lists and in mark events.
CREATE OR REPLACE VIEW mark_shape AS
SELECT m.id, m.org_id, m.detector, m.device_no, m.other_no, m.at,
       jsonb_build_object(
           'id', m.id,
           'detector', m.detector,
           'rule', m.rule,
           'org_id', m.org_id,
           'device_no', m.device_no,
           'device_id', device.id,
           'device_name', device.name,
           'person', person.name,
           'other_no', m.other_no,
           'other_id', other.id,
           'other_name', other.name,
           'point_id', m.point_id,
           'point_name', point.name,
           'at', m.at,
           'until', m.until_at,
           'evidence', m.evidence,
           'known_at', m.known_at,
           'state', CASE WHEN m.withdrawn_at IS NOT NULL THEN 'withdrawn'
                         WHEN m.reviewed_at IS NOT NULL THEN 'reviewed' ELSE 'open' END,
           'withdrawn_at', m.withdrawn_at,
           'reviewed_at', m.reviewed_at,
           'reviewed_by', m.reviewed_by,
           'review', m.review,
           'review_note', m.review_note
       ) AS shape
  FROM patrol_mark m
  JOIN device ON device.no = m.device_no
  LEFT JOIN person ON person.id = device.person_id
  LEFT JOIN device other ON other.no = m.other_no
  LEFT JOIN patrol_point point ON point.id = m.point_id;
