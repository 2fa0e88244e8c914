-- hold_lease --
-- Fencing: a holder whose epoch has passed can neither write nor, so, acknowledge.
SELECT 1
  FROM ingest_lease
 WHERE session_no = %(session_no)s
   AND epoch = %(epoch)s
   FOR SHARE;

-- limit_idleness --
-- A holder frozen within its transaction keeps its lease row locked; nobody could take over.
SELECT set_config('idle_in_transaction_session_timeout', %(most)s, false);

-- make_staging --
-- Once a connection; made per batch it would bloat the system catalogue.
CREATE TEMPORARY TABLE IF NOT EXISTS staging_position (LIKE position) ON COMMIT DELETE ROWS;

-- copy_positions --
COPY staging_position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7, skew_ms,
                       acc_dm, spd_cms, crs_ddeg, alt_m, sat, bat_pct, src, datum, flags)
FROM STDIN (FORMAT binary);

-- insert_positions --
-- Duplicates fall away here; absent numbers travel as sentinels because every field of
-- the copied rows has a fixed width.
INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7, skew_ms,
                      acc_dm, spd_cms, crs_ddeg, alt_m, sat, bat_pct, src, datum, flags)
SELECT at, received_at, seq, batch_id, device_no, lat_e7, lon_e7, nullif(skew_ms, -2147483648),
       nullif(acc_dm, -32768), nullif(spd_cms, -32768), nullif(crs_ddeg, -32768),
       nullif(alt_m, -32768), nullif(sat, -32768), nullif(bat_pct, -32768), src, datum, flags
  FROM staging_position
    ON CONFLICT DO NOTHING;

-- insert_status --
INSERT INTO status (at, received_at, seq, batch_id, device_no, state, bat_pct, detail)
VALUES (%(at)s, %(received_at)s, %(seq)s, %(batch_id)s, %(device_no)s,
        %(state)s, %(bat_pct)s, %(detail)s)
    ON CONFLICT DO NOTHING
RETURNING 1;

-- insert_checkin --
INSERT INTO checkin (device_no, at, seq, received_at, batch_id, org_id, method, tag,
                     lat_e7, lon_e7, acc_dm, skew_ms, detail)
VALUES (%(device_no)s, %(at)s, %(seq)s, %(received_at)s, %(batch_id)s, %(org_id)s, %(method)s,
        %(tag)s, %(lat_e7)s, %(lon_e7)s, %(acc_dm)s, %(skew_ms)s, %(detail)s)
    ON CONFLICT DO NOTHING
RETURNING 1;

-- insert_cylinder_event --
INSERT INTO cylinder_event (event_id, device_no, at, seq, received_at, batch_id, org_id,
                            type, code, detail)
VALUES (%(event_id)s, %(device_no)s, %(at)s, %(seq)s, %(received_at)s, %(batch_id)s, %(org_id)s,
        %(type)s, %(code)s, %(detail)s)
    ON CONFLICT DO NOTHING
RETURNING 1;

-- insert_recording --
INSERT INTO recording (device_no, at, seq, received_at, batch_id, org_id,
                       recording_id, start_at, stop_at, detail)
VALUES (%(device_no)s, %(at)s, %(seq)s, %(received_at)s, %(batch_id)s, %(org_id)s,
        %(recording_id)s, %(start_at)s, %(stop_at)s, %(detail)s)
    ON CONFLICT DO NOTHING
RETURNING 1;

-- insert_device_event --
INSERT INTO device_event (device_no, at, seq, received_at, batch_id, org_id, type,
                          lat_e7, lon_e7, detail)
VALUES (%(device_no)s, %(at)s, %(seq)s, %(received_at)s, %(batch_id)s, %(org_id)s, %(type)s,
        %(lat_e7)s, %(lon_e7)s, %(detail)s)
    ON CONFLICT DO NOTHING
RETURNING 1;

-- insert_device_ack --
INSERT INTO device_ack (device_no, at, seq, received_at, batch_id, org_id, task_id, move, reason,
                        detail)
VALUES (%(device_no)s, %(at)s, %(seq)s, %(received_at)s, %(batch_id)s, %(org_id)s,
        %(task_id)s, %(move)s, %(reason)s, %(detail)s)
    ON CONFLICT DO NOTHING
RETURNING 1;

-- insert_quarantine --
-- A redelivery is the same body on the same topic: it is counted, not kept twice.
INSERT INTO quarantine (sha256, topic, body, reason, detail, org_id, device_no, first_at, last_at)
VALUES (%(sha256)s, %(topic)s, %(body)s, %(reason)s, %(detail)s, %(org_id)s, %(device_no)s,
        %(at)s, %(at)s)
    ON CONFLICT (sha256) DO UPDATE
   SET seen = quarantine.seen + 1, last_at = greatest(quarantine.last_at, excluded.last_at),
       reason = excluded.reason, detail = excluded.detail,
       redriven_at = NULL, redrive_asked_at = NULL;

-- insert_batch --
INSERT INTO batch (session_no, no, received_at, stored, duplicate, rejected, unknown_fields,
                   oldest_at, newest_at)
VALUES (%(session_no)s, %(no)s, %(received_at)s, %(stored)s, %(duplicate)s, %(rejected)s,
        %(unknown_fields)s, %(oldest_at)s, %(newest_at)s);

-- next_batch_no --
SELECT coalesce(max(no), 0) + 1 FROM batch WHERE session_no = %(session_no)s;

-- beat --
-- A heartbeat came through the broker and is committed here: we could see until now.
WITH span AS (
    UPDATE alive_span
       SET seen_at = greatest(seen_at, %(at)s)
     WHERE session_no = %(session_no)s
       AND started_at = (SELECT max(started_at) FROM alive_span WHERE session_no = %(session_no)s)
       AND seen_at >= %(at)s - %(missed)s
    RETURNING 1
)
INSERT INTO alive_span (session_no, started_at, seen_at)
SELECT %(session_no)s, %(at)s, %(at)s
 WHERE NOT EXISTS (SELECT FROM span)
    ON CONFLICT DO NOTHING;

-- make_partition --
SELECT make_partition(%(day)s);
