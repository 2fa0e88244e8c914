-- newest_policy --
-- What the bureau changed, as text, and the numbers of the cylinders' names; like a register's
-- entry, so that one of the two below can follow in the same question.
SELECT 'policy' AS kind, 0::bigint AS key_no, jsonb_build_object(
           'said', coalesce((SELECT body::text FROM gas_policy ORDER BY id DESC LIMIT 1), '{}'),
           'specs', (SELECT array_agg(gas_key(name) ORDER BY no)
                       FROM unnest(%(specs)s::text[]) WITH ORDINALITY AS t (name, no))) AS body,
       0::bigint, 0::bigint, NULL::timestamptz;

-- newest_of --
-- Of each kind and number the newest entry, and when it ended, if it has.
UNION ALL (SELECT DISTINCT ON (r.kind, r.key_no) r.kind, r.key_no, r.body,
       coalesce(gas_key(r.body ->> 'company'), 0), coalesce(gas_key(r.body ->> 'address'), 0),
       CASE WHEN r.ended THEN gas_ended_at(r.kind, r.key_no) END
  FROM gas_register r
  JOIN unnest(%(kinds)s::text[], %(keys)s::bigint[]) AS wanted (kind, key_no)
    ON wanted.kind = r.kind AND wanted.key_no = r.key_no
 ORDER BY r.kind, r.key_no, r.id DESC);

-- newest_all --
-- The same of everybody.
UNION ALL (SELECT DISTINCT ON (r.kind, r.key_no) r.kind, r.key_no, r.body,
       coalesce(gas_key(r.body ->> 'company'), 0), coalesce(gas_key(r.body ->> 'address'), 0),
       CASE WHEN r.ended THEN gas_ended_at(r.kind, r.key_no) END
  FROM gas_register r WHERE r.kind = ANY(%(kinds)s)
 ORDER BY r.kind, r.key_no, r.id DESC);

-- page --
SELECT key AS id, kind, key, org_id, body, added_at, added_by
  FROM gas_register_now
 WHERE kind = %(kind)s AND org_id = ANY(%(org_ids)s) AND key > %(after)s
   AND (%(search)s = '' OR key ILIKE %(like)s OR body ->> 'name' ILIKE %(like)s
        OR body ->> 'address' ILIKE %(like)s)
 ORDER BY key LIMIT %(limit)s;

-- members --
SELECT kind, key, body ->> 'name' AS name, body ->> 'role' AS role FROM gas_register_now
 WHERE body ->> 'company' = %(key)s AND org_id = ANY(%(org_ids)s) ORDER BY kind, key;

-- newest --
-- Also when it has ended, so that a file sent again changes nothing.
SELECT key, org_id, body, ended FROM gas_register
 WHERE kind = %(kind)s AND key = %(key)s ORDER BY id DESC LIMIT 1;

-- versions --
SELECT body, ended, added_at, added_by FROM gas_register
 WHERE kind = %(kind)s AND key = %(key)s AND org_id = ANY(%(org_ids)s) ORDER BY id DESC;

-- add --
INSERT INTO gas_register (kind, key, org_id, body, ended, added_at, added_by)
VALUES (%(kind)s, %(key)s, %(org_id)s, %(body)s, %(ended)s, %(now)s, %(by)s);

-- touched_by_site --
-- These three lock rows of gas_watch as everybody does: see `watch_soon`.
INSERT INTO gas_watch (subject, key, due_at)
SELECT 'cylinder', code, %(now)s::timestamptz
  FROM (SELECT DISTINCT code FROM cylinder_event
         WHERE site_key = ANY(ARRAY(SELECT gas_key(key) FROM unnest(%(keys)s::text[]) AS key))) AS e
 ORDER BY code COLLATE "C"
    ON CONFLICT (subject, key) DO UPDATE SET due_at = least(gas_watch.due_at, excluded.due_at);

-- touched_by_user --
-- With the days of whoever delivered to them.
INSERT INTO gas_watch (subject, key, due_at)
WITH wanted AS MATERIALIZED (SELECT gas_key(key) AS no FROM unnest(%(keys)s::text[]) AS key),
named AS MATERIALIZED (
    SELECT code, CASE WHEN type = 'deliver' THEN courier_key END AS courier, gas_day(at) AS day
      FROM cylinder_event WHERE user_key = ANY(ARRAY(SELECT no FROM wanted)))
SELECT subject, key, %(now)s::timestamptz
  FROM (SELECT 'cylinder' AS subject, code AS key FROM named
         UNION SELECT 'user', no::text FROM wanted
         UNION SELECT 'courier', courier || '/' || day FROM named WHERE courier IS NOT NULL) AS e
 ORDER BY array_position(ARRAY['cylinder', 'user', 'courier'], subject), key COLLATE "C"
    ON CONFLICT (subject, key) DO UPDATE SET due_at = least(gas_watch.due_at, excluded.due_at);

-- touched_by_vehicle --
INSERT INTO gas_watch (subject, key, due_at)
SELECT 'cylinder', code, %(now)s::timestamptz
  FROM (SELECT DISTINCT code FROM cylinder_event
         WHERE vehicle_key = ANY(ARRAY(SELECT gas_key(key) FROM unnest(%(keys)s::text[]) AS key))
       ) AS e
 ORDER BY code COLLATE "C"
    ON CONFLICT (subject, key) DO UPDATE SET due_at = least(gas_watch.due_at, excluded.due_at);

-- policy_no --
SELECT coalesce(max(id), 0) FROM gas_policy;

-- add_policy --
INSERT INTO gas_policy (body, added_at, added_by) VALUES (%(body)s, %(now)s, %(by)s);
