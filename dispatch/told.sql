-- told --
-- Readings of which the record speaks already, by the key under which they were stored.
SELECT event.kind, event.device_no, event.at, (event.body ->> 'seq')::bigint AS seq
  FROM unnest(%(device_no)s::integer[], %(at)s::timestamptz[], %(seq)s::bigint[])
       AS reading (device_no, at, seq)
  JOIN event ON event.device_no = reading.device_no
            AND event.at = reading.at
            AND event.kind = ANY(%(kinds)s)
            AND (event.body ->> 'seq')::bigint = reading.seq;
