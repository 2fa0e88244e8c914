-- The native engine: the same view as the continuous aggregate, computed when asked.
CREATE OR REPLACE VIEW position_hourly AS
SELECT date_trunc('hour', at, 'UTC') AS hour,
       device_no,
       count(*) AS readings,
       (array_agg(lat_e7 ORDER BY at DESC))[1] AS lat_e7,
       (array_agg(lon_e7 ORDER BY at DESC))[1] AS lon_e7,
       max(at) AS last_at
  FROM position
 GROUP BY 1, 2;

SELECT make_partition(current_date + ahead) FROM generate_series(-2, 3) AS ahead;
