-- How a task looks in the snapshot, in REST and in the body of every task event.
-- The assignment shown is the newest, unless it came to nothing: a task sent back
-- belongs to nobody, a task done still says who did it.
CREATE OR REPLACE VIEW task_shape AS
SELECT task.id,
       task.org_id,
       jsonb_build_object(
           'id', task.id,
           'org_id', task.org_id,
           'kind', task.kind,
           'title', task.title,
           'instructions', task.instructions,
           'priority', task.priority,
           'lon', task.lon_deg,
           'lat', task.lat_deg,
           'deadline', task.deadline,
           'deferred_until', task.deferred_until,
           'state', task.state,
           'version', task.version,
           'created_by', task.created_by,
           'created_at', task.created_at,
           'changed_at', task.changed_at,
           'source', task.source,
           'starts_at', task.starts_at,
           'deadline_workdays', task.deadline_workdays,
           'deferred_at', task.deferred_at,
           'first_report_due', task.first_report_due,
           'first_report_at', task.first_report_at,
           'contacted_at', task.contacted_at,
           'resolved_at', task.resolved_at,
           'reported_at', task.reported_at,
           'closed_at', task.closed_at,
           'attachments', (SELECT count(*) FROM task_attachment WHERE task_id = task.id),
           'supervision', (SELECT jsonb_build_object('step', s.step, 'at', s.at, 'count', s.count)
                             FROM (SELECT step, at, count(*) OVER () FROM supervision
                                    WHERE task_id = task.id ORDER BY id DESC LIMIT 1) s),
           'assignment', newest.shape,
           'open', task.is_open
       ) AS shape
  FROM task
  LEFT JOIN LATERAL (
       SELECT CASE WHEN NOT assignment.ended OR assignment.state = 'cleared' THEN
                  jsonb_build_object(
                      'id', assignment.id,
                      'device_no', assignment.device_no,
                      'device_id', device.id,
                      'device_name', device.name,
                      'state', assignment.state,
                      'changed_at', assignment.changed_at)
              END AS shape
         FROM assignment
         JOIN device ON device.no = assignment.device_no
        WHERE assignment.task_id = task.id
        ORDER BY assignment.id DESC
        LIMIT 1
       ) newest ON true;
