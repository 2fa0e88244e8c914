-- fixes --
-- A row a span, its columns as arrays: a row a fix would cost ten times as much to hand over.
SELECT array_agg(p.device_no), array_agg(p.at), array_agg(p.seq), array_agg(p.lat_e7),
       array_agg(p.lon_e7), array_agg(coalesce(p.acc_dm, 0::smallint)), array_agg(p.flags)
  FROM unnest(%(nos)s::integer[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
       AS k (no, from_at, to_at)
  JOIN position p ON p.device_no = k.no AND p.at BETWEEN k.from_at AND k.to_at
 WHERE p.at BETWEEN %(from_at)s AND %(to_at)s
 GROUP BY k.no, k.from_at;

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
