-- outcomes --
-- Windows that were due by then, each with the verdict known then.
SELECT w.id, w.org_id, w.point_id, v.device_no,
       to_char(w.opens_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'),
       v.result, v.verified, v.observed_share
  FROM patrol_window w
  LEFT JOIN LATERAL (SELECT device_no, result, verified, observed_share FROM patrol_verdict
                      WHERE window_id = w.id AND known_at <= %(as_of)s
                      ORDER BY version DESC LIMIT 1) v ON true
 WHERE w.opens_at >= %(since)s AND w.opens_at < %(until)s
   AND w.org_id = ANY(%(org_ids)s) AND w.withdrawn_at IS NULL
   AND w.closes_at + make_interval(secs => w.late_s + w.grace_s) <= %(as_of)s
 ORDER BY w.opens_at, w.id;

-- duties --
-- Shifts of the span that have begun, leave apart, and what they left behind.
SELECT s.org_id, s.device_no,
       to_char(s.starts_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), s.kind,
       EXISTS (SELECT FROM position p WHERE p.device_no = s.device_no
                  AND p.at BETWEEN s.starts_at AND s.ends_at AND p.flags & 1 = 1)
       OR EXISTS (SELECT FROM checkin c WHERE c.device_no = s.device_no
                     AND c.at BETWEEN s.starts_at AND s.ends_at)
       OR EXISTS (SELECT FROM status t WHERE t.device_no = s.device_no
                     AND t.at BETWEEN s.starts_at AND s.ends_at AND t.state = 'on_duty'),
       s.post_id IS NOT NULL AND EXISTS (
           SELECT FROM crossing_now e
            WHERE e.device_no = s.device_no AND e.fence_id = s.post_id AND e.kind = 'entered'
              AND e.at <= s.starts_at + make_interval(secs => %(tolerance_s)s)
              AND e.at >= s.starts_at - interval '4 hours'
              AND NOT EXISTS (SELECT FROM crossing_now l
                               WHERE l.device_no = e.device_no AND l.fence_id = e.fence_id
                                 AND l.kind = 'left' AND l.at >= e.at AND l.at < s.starts_at)),
       EXISTS (SELECT FROM device_event d WHERE d.device_no = s.device_no
                  AND d.at BETWEEN s.starts_at AND s.ends_at AND d.type IN ('problem', 'lead'))
       OR EXISTS (SELECT FROM device_ack k WHERE k.device_no = s.device_no
                     AND k.at BETWEEN s.starts_at AND s.ends_at AND k.move = 'resolved')
  FROM roster_shift s
 WHERE s.ended_at IS NULL AND s.kind <> 'leave' AND s.org_id = ANY(%(org_ids)s)
   AND s.starts_at >= %(since)s AND s.starts_at < least(%(until)s, %(as_of)s)
   AND NOT EXISTS (SELECT FROM roster_shift l
                    WHERE l.ended_at IS NULL AND l.kind = 'leave' AND l.device_no = s.device_no
                      AND l.starts_at <= s.starts_at AND l.ends_at >= s.ends_at);

-- volumes --
SELECT (SELECT count(*) FROM checkin
         WHERE org_id = ANY(%(org_ids)s) AND at >= %(since)s AND at < %(until)s),
       (SELECT count(*) FROM device_event
         WHERE org_id = ANY(%(org_ids)s) AND at >= %(since)s AND at < %(until)s
           AND type = 'problem');

-- orgs --
-- Each with those above it, itself included, as far as the viewer sees them.
SELECT id, name, kind, array(SELECT unnest(path) INTERSECT SELECT unnest(%(org_ids)s::bigint[]))
  FROM org WHERE id = ANY(%(org_ids)s);

-- below --
SELECT id FROM org WHERE path @> ARRAY[%(org_id)s::bigint] AND id = ANY(%(org_ids)s);

-- points --
SELECT id, name FROM patrol_point WHERE id = ANY(%(ids)s);

-- officers --
SELECT device.no, coalesce(person.name, device.name)
  FROM device LEFT JOIN person ON person.id = device.person_id
 WHERE device.no = ANY(%(ids)s) AND device.org_id = ANY(%(org_ids)s);

-- all_orgs --
SELECT id FROM org;
