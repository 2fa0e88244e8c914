-- horizon --
-- The oldest transaction that may still be running. Asked before the rows: whatever
-- commits later carries a change at or above it, so starting there again misses nothing.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text;

-- rows_since --
-- Every column present and of fixed width, so that a row of the binary COPY is one record.
COPY (
    SELECT device.no,
           coalesce(unit_state.lon_e7, CAST(%(nowhere)s AS integer)),
           coalesce(unit_state.lat_e7, CAST(%(nowhere)s AS integer)),
           coalesce((extract(epoch FROM unit_state.position_at) * 1000)::bigint, 0::bigint),
           coalesce(unit_state.spd_cms::integer, -1),
           coalesce(unit_state.crs_ddeg::integer, -1),
           (coalesce(array_position(%(links)s::text[], unit_state.link), 1) - 1)::integer,
           (coalesce(array_position(%(states)s::text[], unit_state.state), 1) - 1)::integer,
           unit_state.org_id
      FROM unit_state
      JOIN device ON device.no = unit_state.device_no
     WHERE unit_state.change >= %(since)s::text::xid8
       AND device.revoked_at IS NULL
) TO STDOUT (FORMAT binary);

-- living_units --
SELECT no FROM device WHERE revoked_at IS NULL;
