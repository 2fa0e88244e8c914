-- fixes --
-- Binary, every column of fixed width, so that a reader takes it as one array.
COPY (
    SELECT p.device_no, p.at, p.seq, p.lat_e7, p.lon_e7, coalesce(p.acc_dm, 0::smallint), p.flags
      FROM unnest(%(nos)s::integer[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
           AS k (no, from_at, to_at)
      JOIN position p ON p.device_no = k.no AND p.at BETWEEN k.from_at AND k.to_at
     WHERE p.at BETWEEN %(from_at)s AND %(to_at)s
) TO STDOUT (FORMAT binary);

-- counters --
-- Of everything but positions. A Last Will has no counter of its own (seq 0).
SELECT k.no, (extract(epoch FROM r.at) * 1000)::bigint, r.seq
  FROM unnest(%(nos)s::integer[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
       AS k (no, from_at, to_at)
  JOIN LATERAL (
       SELECT at, seq FROM status
        WHERE device_no = k.no AND at BETWEEN k.from_at AND k.to_at AND seq > 0
       UNION ALL SELECT at, seq FROM checkin
        WHERE device_no = k.no AND at BETWEEN k.from_at AND k.to_at
       UNION ALL SELECT at, seq FROM recording
        WHERE device_no = k.no AND at BETWEEN k.from_at AND k.to_at
       UNION ALL SELECT at, seq FROM device_event
        WHERE device_no = k.no AND at BETWEEN k.from_at AND k.to_at
       UNION ALL SELECT at, seq FROM device_ack
        WHERE device_no = k.no AND at BETWEEN k.from_at AND k.to_at
       UNION ALL SELECT at, seq FROM cylinder_event
        WHERE device_no = k.no AND at BETWEEN k.from_at AND k.to_at
       ) r ON true;
