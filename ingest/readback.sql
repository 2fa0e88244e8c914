-- next_batches --
SELECT no, stored, duplicate, oldest_at, newest_at
  FROM batch
 WHERE session_no = %(session_no)s AND no > %(after)s
 ORDER BY no
 LIMIT %(limit)s;

-- positions --
-- The observed span prunes partitions; the block-range index finds the batch in each.
SELECT (extract(epoch FROM at) * 1000000)::bigint - 946684800000000 AS at,
       (extract(epoch FROM received_at) * 1000000)::bigint - 946684800000000 AS received_at,
       seq, batch_id, device_no, lat_e7, lon_e7,
       coalesce(skew_ms, -2147483648), coalesce(acc_dm, -32768), coalesce(spd_cms, -32768),
       coalesce(crs_ddeg, -32768), coalesce(alt_m, -32768), coalesce(sat, -32768),
       coalesce(bat_pct, -32768), src, datum, flags
  FROM position
 WHERE batch_id = ANY(%(batch_ids)s)
   AND at BETWEEN %(oldest_at)s AND %(newest_at)s
 ORDER BY batch_id, device_no, at, seq;

-- statuses --
SELECT device_no, at, seq, received_at, state, bat_pct, detail
  FROM status
 WHERE batch_id = ANY(%(batch_ids)s)
   AND at BETWEEN %(oldest_at)s AND %(newest_at)s
 ORDER BY batch_id, device_no, at, seq;

-- checkins --
SELECT device_no, at, seq, received_at, skew_ms, method, tag, lat_e7, lon_e7, acc_dm, detail
  FROM checkin
 WHERE batch_id = ANY(%(batch_ids)s)
 ORDER BY batch_id, device_no, at, seq;

-- cylinder_events --
SELECT device_no, at, seq, received_at, event_id, type, code, detail
  FROM cylinder_event
 WHERE batch_id = ANY(%(batch_ids)s)
 ORDER BY batch_id, device_no, at, seq;

-- recordings --
SELECT device_no, at, seq, received_at, recording_id, start_at, stop_at, detail
  FROM recording
 WHERE batch_id = ANY(%(batch_ids)s)
 ORDER BY batch_id, device_no, at, seq;

-- device_events --
SELECT device_no, at, seq, received_at, type, lat_e7, lon_e7, detail
  FROM device_event
 WHERE batch_id = ANY(%(batch_ids)s)
 ORDER BY batch_id, device_no, at, seq;

-- acks --
SELECT device_no, at, seq, received_at, task_id, move, reason, detail
  FROM device_ack
 WHERE batch_id = ANY(%(batch_ids)s)
 ORDER BY batch_id, device_no, at, seq;
