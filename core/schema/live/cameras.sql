-- State of a camera: last known, and since when. Silence of a docked-only camera is
-- no fault, so the link is shown apart from the state.
CREATE OR REPLACE VIEW camera_now AS
SELECT device.no AS device_no, device.id, device.org_id, device.name,
       unit_state.state, unit_state.status_at AS state_at, unit_state.link, unit_state.link_reason,
       unit_state.bat_pct,
       (unit_state.detail ->> 'free_mb')::double precision AS free_mb,
       (unit_state.detail ->> 'pending')::integer AS pending,
       unit_state.detail ->> 'dock' AS dock
  FROM device
  LEFT JOIN unit_state ON unit_state.device_no = device.no
 WHERE device.kind = 'camera' AND device.revoked_at IS NULL;
