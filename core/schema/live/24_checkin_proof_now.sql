-- What each check-in proves as far as is known now, with the reading it rests on.
CREATE OR REPLACE VIEW checkin_proof_now AS
SELECT p.device_no, p.at, p.seq, p.version, p.org_id, p.point_id, p.uid, p.counter,
       p.corrected_at, p.time_trust, p.auth, p.place, p.distance_m, p.acc_m, p.level, p.flags,
       p.rule, p.known_at,
       c.method, c.tag, c.lat_e7 / 1e7::float8 AS lat_deg, c.lon_e7 / 1e7::float8 AS lon_deg,
       c.received_at, c.detail
  FROM checkin_proof p
  JOIN checkin c USING (device_no, at, seq)
 WHERE NOT EXISTS (
       SELECT FROM checkin_proof newer
        WHERE newer.device_no = p.device_no AND newer.at = p.at AND newer.seq = p.seq
          AND newer.version > p.version);
