-- vehicles --
-- Registered vehicles that carry a device of ours.
SELECT r.key, r.org_id, device.no, device.id, coalesce(r.body ->> 'company', ''),
       coalesce(r.body -> 'routes', '[]')
  FROM gas_register_now r
  JOIN device ON device.id = r.body ->> 'device_id'
 WHERE r.kind = 'vehicle' ORDER BY r.key;

-- routes --
SELECT key, coalesce(body ->> 'company', ''), body -> 'line' FROM gas_register_now
 WHERE kind = 'route' AND body ? 'line' ORDER BY key;

-- places --
SELECT (body ->> 'lon')::float8, (body ->> 'lat')::float8 FROM gas_register_now
 WHERE kind = %(kind)s AND body ? 'lat';
