-- duty --
-- Organisations that have officers or windows, with what is counted of each now.
WITH officer AS (
    SELECT device.no, device.org_id, coalesce(unit.link, 'never') AS link, unit.state,
           coalesce(unit.link, 'never') = 'online' AND unit.state = 'on_duty' AS is_on
      FROM device
      LEFT JOIN unit_state unit ON unit.device_no = device.no
     WHERE device.kind = 'officer' AND device.revoked_at IS NULL
       AND device.org_id = ANY(%(org_ids)s)
), rostered AS (
    SELECT DISTINCT s.org_id, s.device_no
      FROM roster_shift s
     WHERE s.ended_at IS NULL AND s.kind <> 'leave' AND s.org_id = ANY(%(org_ids)s)
       AND s.starts_at <= %(now)s AND s.ends_at > %(now)s
       AND NOT EXISTS (SELECT FROM roster_shift l
                        WHERE l.ended_at IS NULL AND l.kind = 'leave'
                          AND l.device_no = s.device_no
                          AND l.starts_at <= %(now)s AND l.ends_at > %(now)s)
), today AS (
    SELECT w.org_id, v.result,
           w.closes_at + make_interval(secs => w.late_s) <= %(now)s AS is_due,
           w.opens_at - make_interval(secs => w.early_s) <= %(now)s AS has_begun
      FROM patrol_window w
      LEFT JOIN patrol_verdict_now v ON v.window_id = w.id
     WHERE w.withdrawn_at IS NULL AND w.org_id = ANY(%(org_ids)s)
       AND w.opens_at >= %(day)s AND w.opens_at < %(day)s + interval '1 day'
), posts AS (
    SELECT s.org_id, s.device_no, s.post_id,
           EXISTS (SELECT FROM (SELECT c.kind FROM crossing_now c
                                 WHERE c.device_no = s.device_no AND c.fence_id = s.post_id
                                   AND c.kind IN ('entered', 'left')
                                   AND c.at > s.starts_at - interval '4 hours'
                                 ORDER BY c.at DESC, c.id DESC LIMIT 1) last
                    WHERE last.kind = 'entered') AS is_manned
      FROM roster_shift s
     WHERE s.kind = 'post' AND s.ended_at IS NULL AND s.org_id = ANY(%(org_ids)s)
       AND s.starts_at <= %(now)s AND s.ends_at > %(now)s
), counted AS (
    SELECT org_id, 'officers' AS name, count(*) AS n FROM officer GROUP BY org_id
    UNION ALL SELECT org_id, 'on_duty', count(*) FROM officer WHERE is_on GROUP BY org_id
    UNION ALL SELECT org_id, 'silent', count(*) FROM officer
               WHERE link = 'silent' AND state = 'on_duty' GROUP BY org_id
    UNION ALL SELECT org_id, 'rostered', count(*) FROM rostered GROUP BY org_id
    UNION ALL SELECT r.org_id, 'rostered_on', count(*) FROM rostered r
                JOIN officer o ON o.no = r.device_no AND o.is_on GROUP BY r.org_id
    UNION ALL SELECT org_id, 'due', count(*) FROM today
               WHERE is_due AND result IS DISTINCT FROM 'excused' GROUP BY org_id
    UNION ALL SELECT org_id, 'served', count(*) FROM today
               WHERE is_due AND result = ANY(%(served)s) GROUP BY org_id
    UNION ALL SELECT org_id, 'missed', count(*) FROM today WHERE result = 'missed' GROUP BY org_id
    UNION ALL SELECT org_id, 'unknown', count(*) FROM today
               WHERE result = ANY(%(unknown)s) GROUP BY org_id
    UNION ALL SELECT org_id, 'judged', count(*) FROM today WHERE result IS NOT NULL GROUP BY org_id
    UNION ALL SELECT org_id, 'open_windows', count(*) FROM today
               WHERE has_begun AND NOT is_due AND result IS NULL GROUP BY org_id
    UNION ALL SELECT org_id, 'posts', count(*) FROM posts GROUP BY org_id
    UNION ALL SELECT org_id, 'posts_manned', count(*) FROM posts WHERE is_manned GROUP BY org_id
    UNION ALL SELECT org_id, 'tasks_open', count(*) FROM task
               WHERE is_open AND org_id = ANY(%(org_ids)s) GROUP BY org_id
    UNION ALL SELECT org_id, 'tasks_waiting', count(*) FROM task
               WHERE is_open AND state = ANY(%(waiting)s) AND org_id = ANY(%(org_ids)s)
                 AND NOT EXISTS (SELECT FROM assignment a
                                  WHERE a.task_id = task.id AND NOT a.ended)
               GROUP BY org_id
    UNION ALL SELECT org_id, 'tasks_overdue', count(*) FROM task
               WHERE state = ANY(%(running)s) AND deadline < %(now)s AND org_id = ANY(%(org_ids)s)
               GROUP BY org_id
    UNION ALL SELECT org_id, 'alarms', count(*) FROM alarm
               WHERE active AND org_id = ANY(%(org_ids)s) GROUP BY org_id
    UNION ALL SELECT org_id, 'alarms_unseen', count(*) FROM alarm
               WHERE (active OR NOT acknowledged) AND NOT acknowledged
                 AND org_id = ANY(%(org_ids)s) GROUP BY org_id
)
SELECT org.id, org.name, jsonb_object_agg(counted.name, counted.n)
  FROM counted
  JOIN org ON org.id = counted.org_id
 GROUP BY org.id
 ORDER BY org.path;

-- kinds --
SELECT device.kind, count(*)::integer AS all,
       (count(*) FILTER (WHERE unit.link = 'online'))::integer AS online,
       (count(*) FILTER (WHERE unit.link = 'stale'))::integer AS stale,
       (count(*) FILTER (WHERE unit.link = 'silent'
                           AND unit.link_reason IS DISTINCT FROM 'docked'
                           AND unit.link_reason IS DISTINCT FROM 'off_duty'))::integer AS silent,
       (count(*) FILTER (WHERE coalesce(unit.link, 'never') = 'never'))::integer AS never,
       (count(*) FILTER (WHERE unit.link <> 'online'
                           AND unit.link_reason IN ('docked', 'off_duty')))::integer AS resting,
       (count(*) FILTER (WHERE unit.link = 'online'
                           AND unit.position_at > %(now)s
                               - 3 * make_interval(secs => device.period_s)))::integer AS fresh
  FROM device
  LEFT JOIN unit_state unit ON unit.device_no = device.no
 WHERE device.revoked_at IS NULL AND device.org_id = ANY(%(org_ids)s)
 GROUP BY device.kind
 ORDER BY device.kind;

-- hour --
-- Of the whole house: ingest knows batches, not organisations. Late: observed more than a minute
-- before the batch was received, counted by batch of which the oldest reading was so.
SELECT coalesce(sum(stored), 0)::integer AS readings,
       coalesce(sum(stored) FILTER (WHERE received_at - oldest_at > interval '1 minute'), 0)::integer
           AS late,
       coalesce(sum(rejected), 0)::integer AS refused,
       coalesce(sum(duplicate), 0)::integer AS duplicate
  FROM batch WHERE received_at > %(now)s - interval '1 hour';

-- lag --
SELECT coalesce(max(extract(epoch FROM %(now)s - batch.received_at)), 0)::float8 AS unjudged_s,
       (SELECT coalesce(extract(epoch FROM %(now)s - min(newest.seen_at)), 1e9)::float8
          FROM (SELECT session_no, max(seen_at) AS seen_at FROM alive_span GROUP BY session_no) newest
         WHERE newest.session_no < coalesce((SELECT max(sessions) FROM ingest_lease), 1))
           AS heartbeat_s,
       (SELECT count(*) FROM quarantine WHERE redriven_at IS NULL)::integer AS quarantined
  FROM batch
  LEFT JOIN follower_cursor USING (session_no)
 WHERE batch.no > coalesce(follower_cursor.batch_no, 0);

-- history --
SELECT date_trunc('hour', received_at) AS at, sum(stored)::integer AS readings,
       sum(duplicate)::integer AS duplicate, sum(rejected)::integer AS refused
  FROM batch WHERE received_at > %(now)s - interval '24 hours'
 GROUP BY 1 ORDER BY 1;

-- responses --
-- By organisation: how fast tasks of the span were taken, reached and resolved, in seconds.
WITH stepped AS (
    SELECT task.id, task.org_id, task.priority, task.deadline, task.state,
           min(m.at) FILTER (WHERE m.move = 'assign') AS assigned_at,
           min(m.at) FILTER (WHERE m.move = 'ack') AS acked_at,
           min(m.at) FILTER (WHERE m.move = 'arrive') AS arrived_at,
           min(m.at) FILTER (WHERE m.move = 'resolve') AS resolved_at
      FROM task
      JOIN task_move m ON m.task_id = task.id
     WHERE task.created_at >= %(since)s AND task.created_at < %(until)s
       AND task.org_id = ANY(%(org_ids)s)
     GROUP BY task.id
)
SELECT org_id, count(*)::integer AS tasks,
       count(resolved_at)::integer AS resolved,
       count(assigned_at)::integer AS dispatched,
       (count(*) FILTER (WHERE acked_at - assigned_at
            <= make_interval(secs => (%(answer_s)s::integer[])[priority])))::integer AS answered,
       (count(*) FILTER (WHERE deadline <= %(now)s AND state <> 'deferred'))::integer AS due,
       (count(*) FILTER (WHERE deadline <= %(now)s AND state <> 'deferred'
                           AND resolved_at <= deadline))::integer AS in_time,
       percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY
           extract(epoch FROM acked_at - assigned_at)::float8) AS ack_s,
       percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY
           extract(epoch FROM arrived_at - assigned_at)::float8) AS arrive_s,
       percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY
           extract(epoch FROM resolved_at - assigned_at)::float8) AS resolve_s
  FROM stepped
 GROUP BY org_id;
