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
-- Cylinders whose newest record is a scan at a place, and the first scan of the unbroken run of
-- scans there: nothing but scans within so many metres of it was told in between. What an event
-- of any other type names is a site, a vehicle or somebody's hands. A metre is 1e7 / 111,320 of a
-- unit of latitude.
SELECT last.code, first.event_id::text, (extract(epoch FROM first.at) * 1000)::bigint,
       first.lon_e7 / 1e7::float8, first.lat_e7 / 1e7::float8
  FROM cylinder_event last
  LEFT JOIN LATERAL (
      SELECT e.at, e.kind, e.event_id FROM cylinder_event e
       WHERE e.code_key = last.code_key AND e.at <= last.at
         AND (e.at, e.kind, e.event_id) < (last.at, last.kind, last.event_id)
         AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = e.event_id)
         AND (e.type <> 'scan'
              OR (e.lat_e7 - last.lat_e7) ^ 2
                 + ((e.lon_e7 - last.lon_e7) * cosd(last.lat_e7 / 1e7::float8)) ^ 2
                 > (%(within_m)s * 1e7 / 111320) ^ 2)
       ORDER BY e.at DESC, e.kind DESC, e.event_id DESC LIMIT 1) moved ON true
  CROSS JOIN LATERAL (
      SELECT e.at, e.event_id, e.lat_e7, e.lon_e7 FROM cylinder_event e
       WHERE e.code_key = last.code_key AND e.at <= last.at
         AND (moved.at IS NULL OR e.at >= moved.at
              AND (e.at, e.kind, e.event_id) > (moved.at, moved.kind, moved.event_id))
         AND e.type = 'scan' AND e.lat_e7 IS NOT NULL AND e.lon_e7 IS NOT NULL
         AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = e.event_id)
       ORDER BY e.at, e.kind, e.event_id LIMIT 1) first
 WHERE last.type = 'scan' AND last.lat_e7 IS NOT NULL AND last.lon_e7 IS NOT NULL
   AND last.at >= %(since)s
   AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = last.event_id)
   AND NOT EXISTS (
       SELECT FROM cylinder_event later
        WHERE later.code_key = last.code_key AND later.at >= last.at
          AND (later.at, later.kind, later.event_id) > (last.at, last.kind, last.event_id)
          AND (later.type <> 'scan' OR later.lat_e7 + later.lon_e7 IS NOT NULL)
          AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = later.event_id))
 ORDER BY first.at, first.event_id;

-- site_places --
SELECT (body ->> 'lon')::float8, (body ->> 'lat')::float8 FROM gas_register_now
 WHERE kind = 'site' AND body ? 'lat';

-- site_names --
SELECT key_no, key, org_id, body ->> 'name', (body ->> 'lat')::float8, (body ->> 'lon')::float8
  FROM gas_register_now WHERE kind = 'site';

-- counted_balances --
SELECT body -> 'balances' FROM gas_rate WHERE body ? 'balances';
