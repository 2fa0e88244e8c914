-- newest_policy --
-- What the bureau changed, as text, and the numbers of the cylinders' names; like a register's
-- entry, so that one of the two below can follow in the same question.
SELECT 'policy' AS kind, 0::bigint AS key_no, jsonb_build_object(
           'said', coalesce((SELECT body::text FROM gas_policy ORDER BY id DESC LIMIT 1), '{}'),
           'specs', (SELECT array_agg(gas_key(name) ORDER BY no)
                       FROM unnest(%(specs)s::text[]) WITH ORDINALITY AS t (name, no))) AS body,
       0::bigint, 0::bigint;

-- newest_of --
-- Of each kind and number the entry that counts now.
UNION ALL (SELECT DISTINCT ON (r.kind, r.key_no) r.kind, r.key_no, r.body,
       coalesce(gas_key(r.body ->> 'company'), 0), coalesce(gas_key(r.body ->> 'address'), 0)
  FROM gas_register r
  JOIN unnest(%(kinds)s::text[], %(keys)s::bigint[]) AS wanted (kind, key_no)
    ON wanted.kind = r.kind AND wanted.key_no = r.key_no
 ORDER BY r.kind, r.key_no, r.id DESC);

-- newest_all --
UNION ALL SELECT kind, key_no, body, coalesce(gas_key(body ->> 'company'), 0),
       coalesce(gas_key(body ->> 'address'), 0)
  FROM gas_register_now WHERE kind = ANY(%(kinds)s);

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
INSERT INTO gas_watch (subject, key, due_at)
SELECT DISTINCT 'cylinder', code, %(now)s::timestamptz FROM cylinder_event
 WHERE site_key = gas_key(%(key)s)
    ON CONFLICT (subject, key) DO UPDATE SET due_at = least(gas_watch.due_at, excluded.due_at);

-- touched_by_user --
INSERT INTO gas_watch (subject, key, due_at)
SELECT DISTINCT 'cylinder', code, %(now)s::timestamptz FROM cylinder_event
 WHERE user_key = gas_key(%(key)s)
 UNION ALL SELECT 'user', gas_key(%(key)s)::text, %(now)s
    ON CONFLICT (subject, key) DO UPDATE SET due_at = least(gas_watch.due_at, excluded.due_at);

-- touched_by_vehicle --
INSERT INTO gas_watch (subject, key, due_at)
SELECT DISTINCT 'cylinder', code, %(now)s::timestamptz FROM cylinder_event
 WHERE vehicle_key = gas_key(%(key)s)
    ON CONFLICT (subject, key) DO UPDATE SET due_at = least(gas_watch.due_at, excluded.due_at);

-- add_policy --
INSERT INTO gas_policy (body, added_at, added_by) VALUES (%(body)s, %(now)s, %(by)s);
