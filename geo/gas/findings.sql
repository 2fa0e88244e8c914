-- stored --
SELECT id, subject, key, rule, variant, anchor, since, until, value, withdrawn_at, raised_at
  FROM gas_finding
 WHERE subject = %(subject)s AND key = ANY(%(keys)s);

-- stored_all --
SELECT id, subject, key, rule, variant, anchor, since, until, value, withdrawn_at, raised_at
  FROM gas_finding
 WHERE subject = %(subject)s AND withdrawn_at IS NULL;

-- stored_since --
SELECT id, subject, key, rule, variant, anchor, since, until, value, withdrawn_at, raised_at
  FROM gas_finding
 WHERE rule = %(rule)s AND since >= %(since)s;

-- evidence --
SELECT event_id, org_id, type, at, detail FROM cylinder_event WHERE event_id = ANY(%(event_ids)s);

-- raise --
INSERT INTO gas_finding (rule, variant, version, subject, key, anchor, other, org_id, severity,
                         since, until, value, detail, lat_deg, lon_deg, raised_at)
VALUES (%(rule)s, %(variant)s, %(version)s, %(subject)s, %(key)s, %(anchor)s, %(other)s,
        %(org_id)s, %(severity)s, %(since)s, %(until)s, %(value)s, %(detail)s, %(lat)s, %(lon)s,
        %(now)s)
RETURNING id;

-- change --
UPDATE gas_finding
   SET since = %(since)s, until = %(until)s, value = %(value)s, other = %(other)s,
       withdrawn_at = NULL, withdrawn = NULL
 WHERE id = %(id)s;

-- withdraw --
UPDATE gas_finding SET withdrawn_at = %(now)s, withdrawn = %(why)s WHERE id = %(id)s;

-- add_move --
INSERT INTO gas_finding_move (finding_id, move, at, by, reason, body)
VALUES (%(id)s, %(move)s, %(now)s, %(by)s, %(reason)s, %(body)s);

-- watch --
INSERT INTO gas_watch (subject, key, due_at)
SELECT %(subject)s, key, due_at
  FROM unnest(%(keys)s::text[], %(due_ats)s::timestamptz[]) AS t (key, due_at)
 ORDER BY key COLLATE "C"
    ON CONFLICT (subject, key) DO UPDATE SET due_at = excluded.due_at
 WHERE gas_watch.due_at <> excluded.due_at;

-- watch_soon --
-- Whoever waits for rows of gas_watch takes them in this order, so that no two wait in a ring:
-- cylinders, users, couriers, and each of them by the bytes of the key.
INSERT INTO gas_watch (subject, key, due_at)
SELECT subject, key, due_at
  FROM unnest(%(subjects)s::text[], %(keys)s::text[], %(due_ats)s::timestamptz[])
    AS t (subject, key, due_at)
 ORDER BY array_position(ARRAY['cylinder', 'user', 'courier'], subject), key COLLATE "C"
    ON CONFLICT (subject, key) DO UPDATE SET due_at = least(gas_watch.due_at, excluded.due_at);

-- unwatch --
-- Waits for nobody: what another one holds was asked for again.
DELETE FROM gas_watch w USING (
    SELECT subject, key FROM gas_watch WHERE subject = %(subject)s AND key = ANY(%(keys)s)
       FOR UPDATE SKIP LOCKED) idle
 WHERE w.subject = idle.subject AND w.key = idle.key;

-- due --
SELECT key FROM gas_watch WHERE subject = %(subject)s AND due_at <= %(now)s
 ORDER BY due_at, key LIMIT %(limit)s;

-- take_due --
-- Gone before anything is read, so that whatever is told meanwhile asks for it again. Those due
-- first, and locked in the order of `watch_soon`.
DELETE FROM gas_watch w USING (
    SELECT key FROM gas_watch
     WHERE subject = %(subject)s AND due_at <= %(now)s AND key = ANY(ARRAY(
               SELECT key FROM gas_watch WHERE subject = %(subject)s AND due_at <= %(now)s
                ORDER BY due_at, key LIMIT %(limit)s))
     ORDER BY key COLLATE "C" FOR UPDATE) due
 WHERE w.subject = %(subject)s AND w.key = due.key
RETURNING w.key;

-- shapes --
SELECT f.id, f.org_id, jsonb_build_object(
           'id', f.id, 'rule', f.rule, 'variant', f.variant, 'version', f.version,
           'severity', f.severity, 'subject', f.subject, 'key', f.key, 'anchor', f.anchor,
           'other', f.other, 'org_id', f.org_id, 'org', org.name, 'since', f.since,
           'until', f.until, 'value', f.value, 'detail', f.detail, 'lat', f.lat_deg,
           'lon', f.lon_deg, 'raised_at', f.raised_at, 'state', f.state, 'outcome', f.outcome,
           'withdrawn_at', f.withdrawn_at, 'withdrawn', f.withdrawn, 'task_id', f.task_id,
           'task_state', task.state) AS shape
  FROM gas_finding f
  JOIN org ON org.id = f.org_id
  LEFT JOIN task ON task.id = f.task_id
 WHERE (%(org_ids)s::bigint[] IS NULL OR f.org_id = ANY(%(org_ids)s))
   AND f.id < %(before)s
   AND (%(ids)s::bigint[] IS NULL OR f.id = ANY(%(ids)s))
   AND (%(states)s::text[] IS NULL OR f.state = ANY(%(states)s))
   AND (%(rules)s::text[] IS NULL OR f.rule = ANY(%(rules)s))
   AND (%(severities)s::text[] IS NULL OR f.severity = ANY(%(severities)s))
   AND (%(about)s::text[] IS NULL OR f.key = ANY(%(about)s)
        OR EXISTS (SELECT FROM jsonb_each_text(f.detail) AS said WHERE said.value = ANY(%(about)s)))
   AND (%(withdrawn)s::boolean IS NULL OR (f.withdrawn_at IS NOT NULL) = %(withdrawn)s)
 ORDER BY f.id DESC
 LIMIT %(limit)s;

-- about --
SELECT id FROM gas_finding WHERE key = %(key)s;

-- lock_finding --
SELECT id, state, org_id, withdrawn_at FROM gas_finding
 WHERE id = %(id)s AND org_id = ANY(%(org_ids)s) FOR UPDATE;

-- move --
UPDATE gas_finding SET state = %(state)s, outcome = %(outcome)s,
                       task_id = coalesce(%(task_id)s, task_id)
 WHERE id = %(id)s;

-- moves --
SELECT move, at, by, reason, body FROM gas_finding_move WHERE finding_id = %(id)s ORDER BY id;

-- by_task --
-- A finding knows its last task only; every task knows its finding.
SELECT id, state FROM gas_finding
 WHERE task_id = ANY(%(task_ids)s)
    OR id = ANY(ARRAY(SELECT (source -> 'finding')::bigint FROM task
                       WHERE id = ANY(%(task_ids)s) AND source ->> 'kind' = 'gas'
                         AND jsonb_typeof(source -> 'finding') = 'number'))
 ORDER BY id FOR UPDATE;

-- funnel --
SELECT count(*) AS received,
       count(*) FILTER (WHERE withdrawn_at IS NOT NULL) AS withdrawn,
       count(*) FILTER (WHERE withdrawn_at IS NULL AND state = 'new') AS new,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM gas_finding_move m
            WHERE m.finding_id = f.id AND m.move IN ('verify', 'dispatch'))) AS verified,
       count(*) FILTER (WHERE task_id IS NOT NULL) AS dispatched,
       count(*) FILTER (WHERE outcome = 'confirmed') AS confirmed,
       count(*) FILTER (WHERE outcome = 'false') AS false,
       count(*) FILTER (WHERE outcome = 'unknown') AS unknown
  FROM gas_finding f
 WHERE org_id = ANY(%(org_ids)s) AND raised_at >= %(since)s AND raised_at < %(until)s;

-- counts --
SELECT rule, variant, severity, count(*) FROM gas_finding
 WHERE org_id = ANY(%(org_ids)s) AND withdrawn_at IS NULL AND state <> 'closed'
 GROUP BY rule, variant, severity ORDER BY rule, variant;

-- shares --
SELECT share, at, coalesce((body -> 'policy')::bigint, 0) FROM gas_rate;

-- count_share --
INSERT INTO gas_rate (share, at, events, at_users, missing, body)
VALUES (%(share)s, %(now)s, %(events)s, %(at_users)s, %(missing)s, %(body)s)
    ON CONFLICT (share) DO UPDATE
       SET at = excluded.at, events = excluded.events, at_users = excluded.at_users,
           missing = excluded.missing, body = excluded.body;

-- counted --
SELECT at, events, at_users, missing, body FROM gas_rate ORDER BY share;

-- standing --
SELECT key, rule, variant FROM gas_finding
 WHERE subject = 'cylinder' AND withdrawn_at IS NULL AND state <> 'closed'
   AND org_id = ANY(%(org_ids)s);
