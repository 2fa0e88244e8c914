-- How a unit looks in the snapshot, in REST and in the body of every unit event.
-- A device never heard from has no unit_state row, and is shown all the same.
CREATE OR REPLACE VIEW unit_shape AS
SELECT device.no AS id,
       device.org_id,
       jsonb_build_object(
           'no', device.no,
           'id', device.id,
           'kind', device.kind,
           'name', device.name,
           'label', device.label,
           'org_id', device.org_id,
           'org', org.name,
           'person', person.name,
           'period_s', device.period_s,
           'lon', unit.lon_e7 / 1e7::float8,
           'lat', unit.lat_e7 / 1e7::float8,
           'acc_m', unit.acc_dm / 10::float8,
           'spd_mps', unit.spd_cms / 100::float8,
           'crs_deg', unit.crs_ddeg / 10::float8,
           'bat_pct', unit.bat_pct,
           'observed_at', unit.position_at,
           'status_at', unit.status_at,
           'state', unit.state,
           'detail', coalesce(unit.detail, '{}'),
           'heard_at', unit.heard_at,
           'link', coalesce(unit.link, 'never'),
           'link_reason', unit.link_reason,
           'link_since', unit.link_since
       ) AS shape
  FROM device
  JOIN org ON org.id = device.org_id
  LEFT JOIN person ON person.id = device.person_id
  LEFT JOIN unit_state unit ON unit.device_no = device.no
 WHERE device.revoked_at IS NULL;
