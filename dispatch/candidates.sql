-- units --
-- Everybody within the viewer's scope who can be sent and was ever seen. One unit may
-- have several assignments (reserved ones do not make it busy).
SELECT device.no AS device_no, unit.lon_e7, unit.lat_e7, unit.position_at AS observed_at, unit.link,
       unit.state, unit.bat_pct, coalesce(load.open_tasks, 0) AS open_tasks
  FROM unit_state unit
  JOIN device ON device.no = unit.device_no
  LEFT JOIN (SELECT device_no, count(*) AS open_tasks
               FROM assignment
              WHERE NOT ended AND state <> 'reserved'
              GROUP BY device_no) load ON load.device_no = device.no
 WHERE device.org_id = ANY(%(org_ids)s)
   AND device.kind = ANY(%(kinds)s)
   AND device.revoked_at IS NULL
   AND unit.position_at IS NOT NULL
   AND device.no <> ALL(%(but)s::integer[]);

-- task_place --
SELECT task.lon_deg, task.lat_deg,
       (SELECT device_no FROM assignment WHERE task_id = task.id AND NOT ended) AS device_no
  FROM task
 WHERE task.id = %(task_id)s AND task.org_id = ANY(%(org_ids)s);
