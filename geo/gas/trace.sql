-- seeds --
-- Events from which a trace begins: by what they name, within a span.
SELECT e.code, e.at FROM cylinder_event e
 WHERE e.org_id = ANY(%(org_ids)s)
   AND CASE %(kind)s
       WHEN 'fill'     THEN e.event_id = %(event_id)s
       WHEN 'cylinder' THEN e.code_key = gas_key(%(key)s)
       WHEN 'site'     THEN e.site_key = gas_key(%(key)s)
       WHEN 'vehicle'  THEN e.vehicle_key = gas_key(%(key)s)
       WHEN 'courier'  THEN e.courier_key = gas_key(%(key)s)
       WHEN 'user'     THEN e.user_key = gas_key(%(key)s)
       END
   AND (%(scale)s::text IS NULL OR e.detail ->> 'scale' = %(scale)s)
   AND (%(type)s::text IS NULL OR e.type = %(type)s)
   AND e.at >= %(since)s AND e.at < %(until)s
   AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = e.event_id)
 ORDER BY e.at
 LIMIT %(limit)s;

-- lives --
SELECT e.code, e.event_id::text AS event_id, e.at, e.type,
       coalesce(e.detail ->> 'site_id', e.detail ->> 'station') AS site,
       coalesce(e.detail ->> 'user_id', e.detail ->> 'from_user') AS "user",
       e.detail ->> 'vehicle' AS vehicle, e.detail ->> 'courier' AS courier,
       e.detail ->> 'from_party' AS giver, e.detail ->> 'to_party' AS taker,
       e.detail ->> 'scale' AS scale, e.detail ->> 'address' AS address
  FROM cylinder_event e
 WHERE e.code_key IN (SELECT gas_key(code) FROM unnest(%(codes)s::text[]) AS code)
   AND e.org_id = ANY(%(org_ids)s)
   AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = e.event_id)
 ORDER BY e.code, e.at, e.kind, e.event_id;

-- entries --
-- An event may name anybody; who that is, only the organisation that knows them may read.
SELECT DISTINCT ON (r.kind, r.key) r.kind, r.key, r.body
  FROM gas_register r
 WHERE r.kind = ANY(%(kinds)s) AND r.key = ANY(%(keys)s) AND r.org_id = ANY(%(org_ids)s)
 ORDER BY r.kind, r.key, r.id DESC;

-- tasks --
SELECT task.id, task.state, task.source ->> 'code' AS code, task.source ->> 'user' AS "user",
       task.source ->> 'finding' AS finding, task.title, task.created_at, task.closed_at,
       (SELECT m.reason FROM task_move m
         WHERE m.task_id = task.id AND m.move IN ('resolve', 'close', 'report', 'verify')
           AND m.reason <> '' ORDER BY m.version DESC LIMIT 1) AS result
  FROM task
 WHERE task.source ->> 'kind' = 'gas' AND task.source ->> 'code' = ANY(%(codes)s)
   AND task.org_id = ANY(%(org_ids)s)
 ORDER BY task.id;
