-- units --
-- Everybody within the viewer's scope who can be sent; one never located has no place. One
-- unit may have several assignments (reserved ones do not make it busy).
SELECT device.no AS device_no, unit.lon_e7, unit.lat_e7, unit.position_at AS observed_at, unit.link,
       unit.state, unit.bat_pct, coalesce(load.open_tasks, 0) AS open_tasks,
       coalesce(load.reserved, 0) AS reserved, device.kind, device.org_id, camera.state AS camera
  FROM unit_state unit
  JOIN device ON device.no = unit.device_no
  LEFT JOIN (SELECT device_no, count(*) FILTER (WHERE state <> 'reserved') AS open_tasks,
                    count(*) FILTER (WHERE state = 'reserved') AS reserved
               FROM assignment
              WHERE NOT ended
              GROUP BY device_no) load ON load.device_no = device.no
  LEFT JOIN (SELECT cam.person_id, min(cam_state.state) AS state
               FROM device cam
               JOIN unit_state cam_state ON cam_state.device_no = cam.no
              WHERE cam.kind = 'camera' AND cam.person_id IS NOT NULL AND cam.revoked_at IS NULL
                AND cam_state.state IN ('fault', 'lost')
              GROUP BY cam.person_id) camera ON camera.person_id = device.person_id
 WHERE device.org_id = ANY(%(org_ids)s)
   AND device.kind = ANY(%(kinds)s)
   AND device.revoked_at IS NULL
   AND device.no <> ALL(%(but)s::integer[]);

-- task_place --
SELECT task.lon_deg, task.lat_deg,
       (SELECT device_no FROM assignment WHERE task_id = task.id AND NOT ended) AS device_no,
       task.org_id
  FROM task
 WHERE task.id = %(task_id)s AND task.org_id = ANY(%(org_ids)s);

-- orgs_below --
SELECT id FROM org WHERE path @> ARRAY[%(org_id)s::bigint];
