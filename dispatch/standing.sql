-- rules --
SELECT id, org_id, kind, name, priority, body FROM standing_rule
 WHERE ended_at IS NULL ORDER BY id;

-- active --
-- Alarms of standing rules that are not over, also of rules that ended meanwhile.
SELECT type, source FROM alarm WHERE active AND source LIKE 'standing:%%';

-- alive --
SELECT session_no, started_at, seen_at FROM alive_span
 WHERE seen_at >= %(from_at)s AND started_at <= %(to_at)s;

-- area --
SELECT id, name, lon_deg, lat_deg, polygon FROM fence WHERE id = %(fence_id)s;

-- presence --
-- Who of these kinds was in the area last, by crossings; until when we know it: somebody who
-- fell silent inside is known to be there up to the last fix, not for ever.
SELECT last.device_no, last.kind = 'entered', last.at,
       CASE WHEN last.kind = 'entered' THEN greatest(last.at, unit.position_at) ELSE last.at END
  FROM (SELECT DISTINCT ON (c.device_no) c.device_no, c.kind, c.at
          FROM crossing_now c
         WHERE c.fence_id = %(fence_id)s AND c.kind IN ('entered', 'left')
           AND c.at > %(since)s AND c.at <= %(now)s
         ORDER BY c.device_no, c.at DESC, c.id DESC) last
  JOIN device ON device.no = last.device_no AND device.kind = ANY(%(kinds)s)
  JOIN unit_state unit ON unit.device_no = last.device_no
 WHERE coalesce(unit.state, 'on_duty') NOT IN ('off_duty', 'offline', 'off', 'break')
    OR last.kind = 'left';

-- posts --
-- Shifts at posts that are on now, and the last crossing of the post since they began.
SELECT s.id, s.org_id, s.device_no, fence.name, s.starts_at, last.kind, last.at,
       unit.lon_e7 / 1e7::float8, unit.lat_e7 / 1e7::float8
  FROM roster_shift s
  JOIN fence ON fence.id = s.post_id
  JOIN org ON org.id = s.org_id AND %(org_id)s = ANY(org.path)
  LEFT JOIN unit_state unit ON unit.device_no = s.device_no
  LEFT JOIN LATERAL (SELECT c.kind, c.at FROM crossing_now c
                      WHERE c.device_no = s.device_no AND c.fence_id = s.post_id
                        AND c.kind IN ('entered', 'left')
                        AND c.at > s.starts_at - interval '4 hours' AND c.at <= %(now)s
                      ORDER BY c.at DESC, c.id DESC LIMIT 1) last ON true
 WHERE s.kind = 'post' AND s.ended_at IS NULL AND s.starts_at <= %(now)s AND s.ends_at > %(now)s
 ORDER BY s.id;

-- waiting_tasks --
SELECT task.id, task.org_id, task.title, task.changed_at, task.lon_deg, task.lat_deg
  FROM task
  JOIN org ON org.id = task.org_id AND %(org_id)s = ANY(org.path)
 WHERE task.state = ANY(%(states)s) AND task.priority <= %(priority_to)s
   AND NOT EXISTS (SELECT FROM assignment a
                    WHERE a.task_id = task.id AND NOT a.ended AND a.state = 'reserved')
 ORDER BY task.id;

-- on_scene --
SELECT a.task_id, task.org_id, a.device_no, device.name, a.changed_at,
       unit.lon_e7 / 1e7::float8, unit.lat_e7 / 1e7::float8
  FROM assignment a
  JOIN task ON task.id = a.task_id
  JOIN org ON org.id = task.org_id AND %(org_id)s = ANY(org.path)
  JOIN device ON device.no = a.device_no
  LEFT JOIN unit_state unit ON unit.device_no = a.device_no
 WHERE NOT a.ended AND a.state = 'on_scene'
 ORDER BY a.id;

-- still --
-- Officers on duty with a fresh fix, who stand at no post: when they were last further than the
-- radius from where they are, and since when we have looked. A square serves for the circle.
SELECT device.no, device.org_id, device.name, unit.lon_e7 / 1e7::float8, unit.lat_e7 / 1e7::float8,
       track.moved_at, track.first_at
  FROM device
  JOIN org ON org.id = device.org_id AND %(org_id)s = ANY(org.path)
  JOIN unit_state unit ON unit.device_no = device.no
 CROSS JOIN LATERAL (
       SELECT max(p.at) FILTER (WHERE abs(p.lat_e7 - unit.lat_e7) > %(radius_m)s * 90
                                   OR abs(p.lon_e7 - unit.lon_e7)
                                      > %(radius_m)s * 90 / cos(radians(unit.lat_e7 / 1e7)))
                  AS moved_at,
              min(p.at) AS first_at
         FROM position p
        WHERE p.device_no = device.no AND p.at > %(since)s AND p.at <= %(now)s
          AND p.flags & 1 = 1) track
 WHERE device.kind = 'officer' AND device.revoked_at IS NULL
   AND unit.state = 'on_duty' AND unit.link = 'online' AND unit.position_at > %(fresh)s
   AND track.first_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM roster_shift s
                    WHERE s.device_no = device.no AND s.kind = 'post' AND s.ended_at IS NULL
                      AND s.starts_at <= %(now)s AND s.ends_at > %(now)s)
 ORDER BY device.no;

-- list --
SELECT r.id, r.org_id, r.kind, r.name, r.priority, r.body, r.created_at, r.created_by
  FROM standing_rule r
 WHERE r.ended_at IS NULL AND r.org_id = ANY(%(org_ids)s) AND r.id > %(after)s
 ORDER BY r.id
 LIMIT %(limit)s;

-- fence_in_scope --
SELECT EXISTS (SELECT FROM fence WHERE id = %(fence_id)s AND ended_at IS NULL
                AND purpose IN ('area', 'post') AND org_id = ANY(%(org_ids)s));

-- add --
INSERT INTO standing_rule (org_id, kind, name, priority, body, created_at, created_by)
VALUES (%(org_id)s, %(kind)s, %(name)s, %(priority)s, %(body)s, %(now)s, %(login)s)
RETURNING id;

-- end --
UPDATE standing_rule SET ended_at = %(now)s
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s)
RETURNING org_id, kind, name;
