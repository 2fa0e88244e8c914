-- cameras --
-- With who has it, and the last shift of that person that has begun.
SELECT device.no AS device_no, device.id AS device_id, device.name, device.org_id, org.name AS org,
       a.id AS asset_id, a.serial, a.model, a.state AS ledger, coalesce(a.live, true) AS live,
       person.id AS person_id, person.name AS person, person.badge,
       u.state, u.status_at AS state_at, u.heard_at, u.link, u.link_reason, u.bat_pct,
       (u.detail ->> 'free_mb')::double precision AS free_mb,
       (u.detail ->> 'total_mb')::double precision AS total_mb, u.detail ->> 'fw' AS firmware,
       coalesce(c.conditions, '{}') AS conditions, c.dock, c.dock_since, c.docked_at, c.pending,
       c.emptied_at, 
       (extract(epoch FROM camera_offset(device.no, %(now)s)) * 1000)::bigint AS offset_ms,
       s.starts_at AS shift_from, s.ends_at AS shift_to, task.id AS task_id
  FROM device
  JOIN org ON org.id = device.org_id
  LEFT JOIN asset_now a ON a.device_no = device.no
  LEFT JOIN person ON person.id = CASE WHEN a.id IS NULL THEN device.person_id ELSE a.person_id END
  LEFT JOIN unit_state u ON u.device_no = device.no
  LEFT JOIN camera_state c ON c.device_no = device.no
  LEFT JOIN LATERAL (SELECT starts_at, ends_at FROM roster_shift r
                      WHERE r.person_id = person.id AND r.ended_at IS NULL AND r.kind <> 'leave'
                        AND r.starts_at <= %(now)s
                      ORDER BY r.starts_at DESC LIMIT 1) s ON true
  LEFT JOIN LATERAL (SELECT t.id FROM device d JOIN assignment x ON x.device_no = d.no
                       JOIN task t ON t.id = x.task_id
                      WHERE d.person_id = person.id AND d.kind = 'officer' AND NOT x.ended
                      LIMIT 1) task ON true
 WHERE device.kind = 'camera' AND device.revoked_at IS NULL AND device.org_id = ANY(%(org_ids)s)
   AND device.no > %(after)s AND (%(device_id)s::text IS NULL OR device.id = %(device_id)s)
   AND (%(search)s = '' OR device.id ILIKE %(like)s OR person.name ILIKE %(like)s
        OR person.badge ILIKE %(like)s OR a.serial ILIKE %(like)s)
 ORDER BY device.no LIMIT %(limit)s;

-- holdings --
SELECT h.person_id, person.name AS person, h.state, greatest(h.from_at, %(since)s) AS from_at,
       least(coalesce(h.until_at, %(until)s), %(until)s) AS until_at
  FROM camera_holding h
  LEFT JOIN person ON person.id = h.person_id
 WHERE h.device_no = %(no)s AND h.from_at < %(until)s AND coalesce(h.until_at, 'infinity') > %(since)s
 ORDER BY 4;

-- shifts --
SELECT r.starts_at, r.ends_at, r.kind, person.name AS person
  FROM roster_shift r JOIN person ON person.id = r.person_id
 WHERE r.person_id = ANY(%(people)s) AND r.ended_at IS NULL
   AND r.starts_at < %(until)s AND r.ends_at > %(since)s
 ORDER BY r.starts_at;

-- statuses --
SELECT at + %(lacks)s::interval, state, detail ->> 'dock', bat_pct FROM status
 WHERE device_no = %(no)s AND at >= %(since)s::timestamptz - %(lacks)s::interval
   AND at < %(until)s::timestamptz - %(lacks)s::interval AND state <> 'lost'
 ORDER BY at, seq LIMIT 20000;

-- docks --
-- Docking stations, and how many cameras are in each now.
SELECT device.id, device.name, device.org_id, u.heard_at, u.link, count(c.device_no) AS docked,
       coalesce(sum(c.pending), 0) AS pending
  FROM device
  LEFT JOIN unit_state u ON u.device_no = device.no
  LEFT JOIN camera_state c ON c.dock = device.id
 WHERE device.kind = 'dock' AND device.revoked_at IS NULL AND device.org_id = ANY(%(org_ids)s)
 GROUP BY device.id, device.name, device.org_id, u.heard_at, u.link ORDER BY device.id;
