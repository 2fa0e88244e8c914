-- orgs --
SELECT id, name, id AS org_id FROM org WHERE id = ANY(%(org_ids)s) ORDER BY id;

-- known --
SELECT t.id, t.task_id, t.subject, t.content, t.caller, t.address, t.org_id
  FROM ticket t
 WHERE t.system = %(system)s AND t.external_id = %(external_id)s;

-- lock --
SELECT pg_advisory_xact_lock(hashtextextended(%(system)s || '/' || %(external_id)s, 7305107));

-- add --
INSERT INTO ticket (system, external_id, org_id, task_id, subject, content, caller, address,
                    received_at, contact_due, taken_at)
VALUES (%(system)s, %(external_id)s, %(org_id)s, %(task_id)s, %(subject)s, %(content)s, %(caller)s,
        %(address)s, %(received_at)s, %(contact_due)s, %(now)s)
RETURNING id;

-- change --
UPDATE ticket SET subject = %(subject)s, content = %(content)s, caller = %(caller)s,
                  address = %(address)s
 WHERE id = %(id)s;

-- before --
-- Complaints of the same subject that came shortly before, for what repeats.
SELECT t.id AS ticket_id, t.task_id, t.caller, t.address, task.lon_deg, task.lat_deg
  FROM ticket t
  JOIN task ON task.id = t.task_id
 WHERE t.subject = %(subject)s AND t.id <> %(id)s
   AND t.received_at > %(received_at)s - make_interval(days => %(days)s)
   AND t.received_at <= %(received_at)s
   AND t.org_id = ANY(%(org_ids)s)
   -- Those that may be alike; which of them are is decided outside.
   AND (t.caller = %(caller)s OR t.address = %(address)s
        OR (abs(task.lat_deg - %(lat)s::float8) < %(radius_m)s / 1e5
            AND abs(task.lon_deg - %(lon)s::float8) < %(radius_m)s / 5e4))
 ORDER BY t.id;

-- shapes --
SELECT t.id, jsonb_build_object(
           'id', t.id, 'system', t.system, 'external_id', t.external_id, 'org_id', t.org_id,
           'org', org.name, 'task_id', t.task_id, 'subject', t.subject, 'content', t.content,
           'caller', t.caller, 'address', t.address, 'received_at', t.received_at,
           'contact_due', t.contact_due, 'contacted_at', task.contacted_at,
           'state', task.state, 'deadline', task.deadline, 'reported_at', task.reported_at,
           'closed_at', task.closed_at, 'assigned_to', owner.name,
           'callback', (SELECT jsonb_build_object('answered', c.answered, 'solved', c.solved,
                                                  'satisfied', c.satisfied, 'note', c.note,
                                                  'at', c.at, 'by', c.by)
                          FROM ticket_callback c WHERE c.ticket_id = t.id
                         ORDER BY c.id DESC LIMIT 1)) AS shape
  FROM ticket t
  JOIN task ON task.id = t.task_id
  JOIN org ON org.id = t.org_id
  LEFT JOIN assignment a ON a.task_id = t.task_id AND NOT a.ended
  LEFT JOIN device owner ON owner.no = a.device_no
 WHERE t.org_id = ANY(%(org_ids)s) AND t.id > %(after)s
   AND (%(id)s::bigint IS NULL OR t.id = %(id)s)
   AND (%(since)s::timestamptz IS NULL OR t.received_at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR t.received_at < %(until)s)
 ORDER BY t.id
 LIMIT %(limit)s;

-- add_callback --
INSERT INTO ticket_callback (ticket_id, answered, solved, satisfied, note, at, by)
VALUES (%(id)s, %(answered)s, %(solved)s, %(satisfied)s, %(note)s, %(now)s, %(by)s);

-- outcomes --
SELECT t.org_id, task.state, t.received_at, t.contact_due, task.contacted_at, task.deadline,
       task.reported_at, task.closed_at, c.id IS NOT NULL AS called,
       coalesce(c.answered, false) AS answered, c.solved, c.satisfied,
       EXISTS (SELECT FROM task_move m WHERE m.task_id = t.task_id AND m.move = 'reopen')
           AS reopened,
       EXISTS (SELECT FROM task_move m WHERE m.task_id = t.task_id AND m.move = 'extend')
           AS extended
  FROM ticket t
  JOIN task ON task.id = t.task_id
  LEFT JOIN LATERAL (SELECT id, answered, solved, satisfied FROM ticket_callback
                      WHERE ticket_id = t.id ORDER BY id DESC LIMIT 1) c ON true
 WHERE t.received_at >= %(since)s AND t.received_at < %(until)s
   AND t.org_id = ANY(%(org_ids)s)
 ORDER BY t.id;

-- repeats --
-- Tasks supervised as repeats within the span, newest first.
SELECT s.task_id, task.title, org.name AS org, s.at, s.reason
  FROM supervision s
  JOIN task ON task.id = s.task_id
  JOIN org ON org.id = s.org_id
 WHERE s.step = 'repeat' AND s.at >= %(since)s AND s.at < %(until)s
   AND s.org_id = ANY(%(org_ids)s)
 ORDER BY s.id DESC
 LIMIT 500;

-- notices --
SELECT count(*)::integer FROM supervision
 WHERE step = 'notice' AND at >= %(since)s AND at < %(until)s AND org_id = ANY(%(org_ids)s);

-- org_names --
SELECT id, name FROM org WHERE id = ANY(%(org_ids)s);
