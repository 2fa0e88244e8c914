-- window --
SELECT w.id, w.shape, point.shape
  FROM window_shape w
  JOIN patrol_window row ON row.id = w.id
  JOIN point_any_shape point ON point.id = row.point_id
 WHERE w.id = %(window_id)s AND w.org_id = ANY(%(org_ids)s);

-- proofs --
-- Check-ins at the point in reach of the window, with who made them.
SELECT p.device_no, device.id AS device_id, device.name AS device_name, person.name AS person,
       p.at, p.seq, p.corrected_at, p.received_at, p.method, p.auth, p.place, p.distance_m,
       p.acc_m, p.level, p.flags, p.uid, p.counter, p.lon_deg AS lon, p.lat_deg AS lat,
       p.detail -> 'media' AS media, p.detail ->> 'note' AS note
  FROM checkin_proof_now p
  JOIN device ON device.no = p.device_no
  LEFT JOIN person ON person.id = device.person_id
 WHERE p.point_id = %(point_id)s AND p.corrected_at BETWEEN %(from_at)s AND %(to_at)s
   AND p.org_id = ANY(%(org_ids)s)
 ORDER BY p.corrected_at, p.device_no, p.seq;

-- people --
SELECT device.no, device.id, device.name, person.name
  FROM device LEFT JOIN person ON person.id = device.person_id
 WHERE device.no = ANY(%(nos)s) AND device.org_id = ANY(%(org_ids)s);
