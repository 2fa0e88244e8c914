-- fresh_days --
-- Local days of the check-ins proved in this transaction. A few of others may be among them:
-- no harm. All versions count: a corrected time may have moved to another day.
SELECT DISTINCT p.device_no, (p.corrected_at AT TIME ZONE 'Asia/Shanghai')::date
  FROM checkin_proof fresh
  JOIN checkin_proof p USING (device_no, at, seq)
 WHERE fresh.known_at >= transaction_timestamp();

-- recent_days --
-- The same for what was proved of late outside of an evaluator, such as a tag hung elsewhere.
SELECT DISTINCT device_no, (corrected_at AT TIME ZONE 'Asia/Shanghai')::date
  FROM checkin_proof
 WHERE known_at >= %(since)s
 ORDER BY 2 DESC, 1
 LIMIT %(limit)s;

-- days_of_hours --
-- Local days of check-ins near hours whose positions changed.
SELECT DISTINCT p.device_no, (p.corrected_at AT TIME ZONE 'Asia/Shanghai')::date
  FROM unnest(%(nos)s::integer[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
       AS k (no, from_at, to_at)
  JOIN checkin_proof p ON p.device_no = k.no AND p.corrected_at BETWEEN k.from_at AND k.to_at;

-- partners --
-- Others who read the same tags at about the same time.
SELECT DISTINCT other.device_no, (mine.corrected_at AT TIME ZONE 'Asia/Shanghai')::date
  FROM unnest(%(nos)s::integer[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
       AS k (no, from_at, to_at)
  JOIN checkin_proof mine ON mine.device_no = k.no
       AND mine.corrected_at BETWEEN k.from_at AND k.to_at
  JOIN checkin_proof other ON other.point_id = mine.point_id AND other.uid = mine.uid
       AND other.device_no <> mine.device_no
       AND other.corrected_at BETWEEN mine.corrected_at - make_interval(secs => %(reach_s)s)
                                  AND mine.corrected_at + make_interval(secs => %(reach_s)s);

-- checkins --
-- With the circle of the point as it stood then.
SELECT DISTINCT p.device_no, p.at, p.seq, p.corrected_at, fence.lon_deg, fence.lat_deg,
       fence.radius_m, p.point_id, coalesce(p.uid, p.tag), p.method, p.auth, p.place,
       p.time_trust, p.lon_deg, p.lat_deg, p.acc_m, device.kind = 'vehicle'
  FROM unnest(%(nos)s::integer[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
       AS k (no, from_at, to_at)
  JOIN checkin_proof_now p ON p.device_no = k.no AND p.corrected_at BETWEEN k.from_at AND k.to_at
  JOIN device ON device.no = p.device_no
  LEFT JOIN patrol_point point ON point.id = p.point_id
  LEFT JOIN fence ON fence.radius_m IS NOT NULL AND fence.id = coalesce(
       (SELECT place.fence_id FROM point_place place
         WHERE place.point_id = point.id AND place.until_at > p.at
         ORDER BY place.until_at LIMIT 1), point.fence_id);

-- newest_taps --
-- Of a device, those whose fix can be held against a point.
SELECT p.corrected_at, p.point_id, fence.lon_deg, fence.lat_deg, p.lon_deg, p.lat_deg
  FROM checkin_proof_now p
  JOIN patrol_point point ON point.id = p.point_id
  JOIN fence ON fence.radius_m IS NOT NULL AND fence.id = coalesce(
       (SELECT place.fence_id FROM point_place place
         WHERE place.point_id = point.id AND place.until_at > p.at
         ORDER BY place.until_at LIMIT 1), point.fence_id)
 WHERE p.device_no = %(device_no)s AND p.place IN ('in', 'out', 'uncertain')
   AND p.lon_deg IS NOT NULL
 ORDER BY p.corrected_at DESC, p.at DESC, p.seq DESC
 LIMIT %(taps)s;

-- dirty --
INSERT INTO fraud_dirty (device_no, hour, not_before)
SELECT no, hour, not_before
  FROM unnest(%(nos)s::integer[], %(hours)s::bigint[], %(ats)s::timestamptz[])
       AS k (no, hour, not_before)
 ORDER BY no, hour
ON CONFLICT (device_no, hour) DO UPDATE SET not_before = excluded.not_before
 WHERE fraud_dirty.not_before > excluded.not_before;

-- take_hours --
-- Those due, a squad's together. Another process that sweeps takes others.
DELETE FROM fraud_dirty
 WHERE (device_no, hour) IN (
       SELECT d.device_no, d.hour FROM fraud_dirty d
        WHERE d.not_before <= %(now)s
        ORDER BY d.not_before, d.hour, d.device_no
        LIMIT %(limit)s
          FOR UPDATE SKIP LOCKED)
RETURNING device_no, hour;

-- squads --
-- Officers' devices of the organisations of these, by organisation.
SELECT squad.org_id, squad.no
  FROM device squad
 WHERE squad.kind = 'officer' AND squad.revoked_at IS NULL
   AND squad.org_id IN (SELECT org_id FROM device WHERE no = ANY(%(nos)s))
 ORDER BY 1, 2;

-- hits --
-- Earlier positions of the same device near samples of its track.
SELECT k.at, p.at
  FROM unnest(%(ats)s::timestamptz[], %(lats)s::integer[], %(lons)s::integer[]) AS k (at, lat, lon)
  JOIN position p ON p.lat_e7 BETWEEN k.lat - %(near_lat)s AND k.lat + %(near_lat)s
       AND p.lon_e7 BETWEEN k.lon - %(near_lon)s AND k.lon + %(near_lon)s
 WHERE p.device_no = %(device_no)s AND p.at >= %(from_at)s AND p.at < %(to_at)s;
