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

-- lock_finding --
-- Before its tasks are looked at, so that of two who send a squad at once one is told.
SELECT id FROM gas_finding WHERE id = %(id)s AND org_id = ANY(%(org_ids)s) FOR UPDATE;

-- open_task --
-- Of a finding; the squad it was sent to may be of another organisation.
SELECT id FROM task
 WHERE source ->> 'kind' = 'gas' AND source ->> 'code' = %(key)s
   AND source ->> 'finding' = %(finding)s AND is_open
 ORDER BY id LIMIT 1;

-- users --
SELECT key, body FROM gas_register_now
 WHERE kind = 'user' AND key = ANY(%(keys)s) AND org_id = ANY(%(org_ids)s);

-- delivered --
-- Which of these cylinders were delivered to which of these users, as far as one may know.
SELECT home.code, home.user_id
  FROM unnest(%(codes)s::text[], %(users)s::text[]) AS home (code, user_id)
 WHERE EXISTS (
     SELECT FROM cylinder_event e
      WHERE e.code_key = gas_key(home.code) AND e.code = home.code AND e.type = 'deliver'
        AND e.detail ->> 'user_id' = home.user_id AND e.org_id = ANY(%(org_ids)s)
        AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = e.event_id));

-- running --
-- Recalls only: a task that checks a cylinder does not take it away.
SELECT source ->> 'code', source ->> 'user', id FROM task
 WHERE source ->> 'kind' = 'gas' AND source ->> 'recall' = 'true'
   AND source ->> 'code' = ANY(%(codes)s) AND org_id = ANY(%(org_ids)s) AND is_open;
