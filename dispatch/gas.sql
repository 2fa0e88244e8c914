-- squad_of --
-- The smallest drawn area around it, as a box of its corners; else the nearest patrol point.
WITH area AS (
    SELECT f.org_id, min(box.width * box.height) AS size
      FROM fence f
      CROSS JOIN LATERAL (
          SELECT min((c ->> 0)::float8) AS west, max((c ->> 0)::float8) AS east,
                 min((c ->> 1)::float8) AS south, max((c ->> 1)::float8) AS north,
                 max((c ->> 0)::float8) - min((c ->> 0)::float8) AS width,
                 max((c ->> 1)::float8) - min((c ->> 1)::float8) AS height
            FROM jsonb_array_elements(f.polygon -> 'coordinates' -> 0) AS c) AS box
     WHERE f.purpose = 'area' AND f.ended_at IS NULL AND f.polygon ->> 'type' = 'Polygon'
       AND f.org_id = ANY(%(org_ids)s)
       AND %(lon)s BETWEEN box.west AND box.east AND %(lat)s BETWEEN box.south AND box.north
     GROUP BY f.org_id ORDER BY size LIMIT 1
), near AS (
    SELECT p.org_id
      FROM patrol_point p JOIN fence f ON f.id = p.fence_id
     WHERE p.ended_at IS NULL AND p.org_id = ANY(%(org_ids)s)
       AND abs(f.lat_deg - %(lat)s) < 0.02 AND abs(f.lon_deg - %(lon)s) < 0.02
     ORDER BY (f.lat_deg - %(lat)s) ^ 2 + (0.86 * (f.lon_deg - %(lon)s)) ^ 2 LIMIT 1
)
SELECT org.id, org.name FROM org
 WHERE org.id = coalesce((SELECT org_id FROM area), (SELECT org_id FROM near));

-- users --
SELECT key, body FROM gas_register_now WHERE kind = 'user' AND key = ANY(%(keys)s);

-- running --
SELECT source ->> 'code', source ->> 'user' FROM task
 WHERE source ->> 'kind' = 'gas' AND source ->> 'code' = ANY(%(codes)s) AND is_open;
