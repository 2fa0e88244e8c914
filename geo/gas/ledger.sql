-- columns --
-- As geo/gas/history.py has them; what is not said is 0. Arrays, because a message a row costs
-- more than all the rest. One of the `of_…` below says of which events.
SELECT array_agg(e.event_id), array_agg(e.code_key), array_agg(e.at), array_agg(e.received_at),
       array_agg(e.kind::bigint),
       array_agg(coalesce(e.site_key, 0)), array_agg(coalesce(e.user_key, 0)),
       array_agg(coalesce(e.vehicle_key, 0)), array_agg(coalesce(e.courier_key, 0)),
       array_agg(coalesce(e.from_key, 0)), array_agg(coalesce(e.to_key, 0)),
       array_agg(coalesce(e.serial_key, 0)), array_agg(coalesce(e.owner_key, 0)),
       array_agg(coalesce(e.spec_key, 0)), array_agg(coalesce(e.net_g, 0)),
       array_agg(coalesce(e.gross_g, 0)), array_agg(coalesce(e.lat_e7 + 0 * e.lon_e7, 0)),
       array_agg(coalesce(e.lon_e7, 0)), array_agg(coalesce(e.due_ms, 0)),
       array_agg(coalesce(e.scrap_ms, 0)), array_agg(coalesce(e.observed, 0))
  FROM cylinder_event e
 WHERE NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = e.event_id);

-- of_cylinders --
   AND e.code_key = ANY(%(keys)s);

-- of_share --
-- Of all cylinders; their keys are hashes, so shares of the range are alike.
   AND e.code_key BETWEEN %(low)s AND %(high)s;

-- of_deliveries --
-- One courier's, of one day.
   AND e.courier_key = %(key)s AND e.at >= %(since)s AND e.at < %(until)s AND e.type = 'deliver';

-- lock --
-- Judgements of one cylinder follow each other; taken in order, so that no two wait in a ring.
SELECT key, code, pg_advisory_xact_lock(7305113, (key & 63)::int)
  FROM (SELECT gas_key(code) AS key, code
          FROM unnest(%(codes)s::text[]) AS code ORDER BY gas_key(code) & 63) named;

-- keys --
SELECT gas_key(name) FROM unnest(%(names)s::text[]) WITH ORDINALITY AS t (name, no) ORDER BY no;

-- add --
INSERT INTO cylinder_event (event_id, at, received_at, org_id, type, code, detail, source)
SELECT event_id, at, %(now)s, %(org_id)s, type, code, detail, %(source)s
  FROM unnest(%(event_ids)s::uuid[], %(ats)s::timestamptz[], %(types)s::text[], %(codes)s::text[],
              %(details)s::jsonb[]) AS told (event_id, at, type, code, detail)
    ON CONFLICT (event_id) DO NOTHING
RETURNING event_id;

-- known --
SELECT event_id, at, type, code, detail, org_id FROM cylinder_event
 WHERE event_id = ANY(%(event_ids)s);

-- events --
-- A cylinder's life as people read it, with what was declared wrong.
SELECT e.event_id, e.at, e.received_at, e.type, e.org_id, device.id AS device_id, e.source,
       e.detail, d.reason AS declared, d.note AS declared_note, d.by AS declared_by,
       d.at AS declared_at, d.corrected_by
  FROM cylinder_event e
  LEFT JOIN device ON device.no = e.device_no
  LEFT JOIN cylinder_declaration d USING (event_id)
 WHERE e.code_key = gas_key(%(code)s) AND e.code = %(code)s AND e.org_id = ANY(%(org_ids)s)
 ORDER BY e.at, e.kind, e.event_id;

-- declared --
SELECT event_id FROM cylinder_declaration WHERE event_id = ANY(%(event_ids)s);

-- export --
SELECT e.event_id, e.at, e.received_at, e.type, e.code, e.detail, d.reason AS declared,
       d.at AS declared_at, d.corrected_by
  FROM cylinder_event e
  LEFT JOIN cylinder_declaration d USING (event_id)
 WHERE e.org_id = ANY(%(org_ids)s) AND e.at >= %(since)s AND e.at < %(until)s
   AND (%(code)s::text IS NULL OR e.code = %(code)s)
 ORDER BY e.at, e.event_id
 LIMIT %(limit)s;

-- declare --
INSERT INTO cylinder_declaration (event_id, reason, corrected_by, note, at, by)
VALUES (%(event_id)s, %(reason)s, %(corrected_by)s, %(note)s, %(now)s, %(by)s)
    ON CONFLICT (event_id) DO NOTHING
RETURNING 1;

-- names_of --
SELECT DISTINCT ON (code_key) code_key, code FROM cylinder_event
 WHERE code_key = ANY(%(keys)s) ORDER BY code_key;

-- cylinders_of_users --
-- Every cylinder one of these users ever had.
SELECT DISTINCT code_key FROM cylinder_event WHERE user_key = ANY(%(keys)s);

-- user_names --
SELECT DISTINCT ON (user_key) user_key, coalesce(detail ->> 'user_id', detail ->> 'from_user')
  FROM cylinder_event WHERE user_key = ANY(%(keys)s) ORDER BY user_key;

-- courier_names --
SELECT DISTINCT ON (courier_key) courier_key, detail ->> 'courier'
  FROM cylinder_event WHERE courier_key = ANY(%(keys)s) ORDER BY courier_key;

-- named_by_declared --
-- Users, and couriers with the day, of what was declared wrong of these cylinders.
SELECT coalesce(e.user_key, 0), coalesce(e.courier_key, 0), gas_day(e.at)
  FROM cylinder_event e JOIN cylinder_declaration d USING (event_id)
 WHERE e.code_key = ANY(%(keys)s);

-- users_between --
SELECT DISTINCT user_key::text FROM cylinder_event
 WHERE user_key BETWEEN %(low)s AND %(high)s ORDER BY 1;

-- courier_days_between --
SELECT DISTINCT courier_key || '/' || gas_day(at) FROM cylinder_event
 WHERE courier_key BETWEEN %(low)s AND %(high)s AND at >= %(since)s AND type = 'deliver' ORDER BY 1;
