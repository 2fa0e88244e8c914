-- told --
-- Events of each station and local day; stations are those of the register that fill.
SELECT r.key, r.org_id, (r.body ->> 'lat')::float8, (r.body ->> 'lon')::float8,
       (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*)
  FROM gas_register_now r
  JOIN cylinder_event e ON e.site_key = r.key_no
 WHERE r.kind = 'site' AND coalesce(r.body ->> 'role', 'filling') = 'filling'
   AND e.at >= %(since)s AND e.at < %(until)s
 GROUP BY r.key, r.org_id, 3, 4, day;

-- last_seen --
-- Where a scan told that a cylinder was, and nothing else was told of it since.
SELECT e.code, e.event_id::text, (extract(epoch FROM e.at) * 1000)::bigint,
       e.lon_e7 / 1e7::float8, e.lat_e7 / 1e7::float8
  FROM cylinder_event e
 WHERE e.type = 'scan' AND e.lat_e7 IS NOT NULL AND e.lon_e7 IS NOT NULL AND e.at >= %(since)s
   AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = e.event_id)
   AND NOT EXISTS (SELECT FROM cylinder_event later
                    WHERE later.code_key = e.code_key AND later.at > e.at
                      AND (later.type <> 'scan' OR later.lat_e7 IS NOT NULL))
 ORDER BY e.at, e.event_id;

-- site_places --
SELECT (body ->> 'lon')::float8, (body ->> 'lat')::float8 FROM gas_register_now
 WHERE kind = 'site' AND body ? 'lat';

-- vehicles --
-- Registered vehicles that carry a device of ours.
SELECT r.key, r.org_id, device.no FROM gas_register_now r
  JOIN device ON device.id = r.body ->> 'device_id'
 WHERE r.kind = 'vehicle' ORDER BY r.key;

-- user_places --
SELECT (body ->> 'lon')::float8, (body ->> 'lat')::float8 FROM gas_register_now
 WHERE kind = 'user' AND body ? 'lat';


-- site_names --
SELECT key_no, key, org_id, body ->> 'name', (body ->> 'lat')::float8, (body ->> 'lon')::float8
  FROM gas_register_now WHERE kind = 'site';

-- counted_balances --
SELECT body -> 'balances' FROM gas_rate WHERE body ? 'balances';
