-- arrays --
-- Every column of fixed width and never null, so that a reader takes each as one array.
SELECT array_agg(device_no), array_agg(at), array_agg(seq), array_agg(lat_e7), array_agg(lon_e7),
       array_agg(coalesce(acc_dm, 0::smallint)), array_agg(flags)
  FROM position
 WHERE device_no = ANY(%(nos)s) AND at >= %(from_at)s AND at < %(to_at)s
 GROUP BY device_no
 ORDER BY device_no;
