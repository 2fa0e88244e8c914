-- vehicles --
-- Registered vehicles that carry a device of ours: of the same organisation or of one below it,
-- whoever typed its number.
SELECT r.key, r.org_id, entry.path, device.no, device.id, coalesce(r.body ->> 'company', ''),
       coalesce(r.body -> 'routes', '[]')
  FROM gas_register_now r
  JOIN org entry ON entry.id = r.org_id
  JOIN device ON device.id = r.body ->> 'device_id' AND device.kind = 'vehicle'
  JOIN org holder ON holder.id = device.org_id AND r.org_id = ANY(holder.path)
 WHERE r.kind = 'vehicle' ORDER BY r.key;

-- routes --
-- With those that were ended since: they stood before.
SELECT key, org_id, coalesce(body ->> 'company', ''), body -> 'line' FROM gas_register_now
 WHERE kind = 'route' AND body ? 'line'
 UNION ALL
SELECT key, org_id, coalesce(body ->> 'company', ''), body -> 'line' FROM gas_register
 WHERE kind = 'route' AND ended AND added_at >= %(since)s AND body ? 'line'
 ORDER BY key;

-- places --
SELECT (body ->> 'lon')::float8, (body ->> 'lat')::float8 FROM gas_register_now
 WHERE kind = %(kind)s AND body ? 'lat'
 UNION ALL
SELECT (body ->> 'lon')::float8, (body ->> 'lat')::float8 FROM gas_register
 WHERE kind = %(kind)s AND ended AND added_at >= %(since)s AND body ? 'lat';
