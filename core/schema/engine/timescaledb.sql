-- Policies of the TimescaleDB engine; applied again at each migration, each step idempotent.

ALTER TABLE position SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'device_no',
    timescaledb.orderby = 'at DESC, seq DESC'
);
ALTER TABLE status SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'device_no',
    timescaledb.orderby = 'at DESC, seq DESC'
);
CALL add_columnstore_policy('position', after => INTERVAL '3 days', if_not_exists => true);
CALL add_columnstore_policy('status', after => INTERVAL '3 days', if_not_exists => true);
SELECT add_retention_policy('position', INTERVAL '400 days', if_not_exists => true);
SELECT add_retention_policy('status', INTERVAL '400 days', if_not_exists => true);

-- Last position and count of each device and hour: the whole fleet of a day in milliseconds.
CREATE MATERIALIZED VIEW IF NOT EXISTS position_hourly
    WITH (timescaledb.continuous) AS
SELECT time_bucket(INTERVAL '1 hour', at) AS hour,
       device_no,
       count(*) AS readings,
       last(lat_e7, at) AS lat_e7,
       last(lon_e7, at) AS lon_e7,
       max(at) AS last_at
  FROM position
 GROUP BY 1, 2
  WITH NO DATA;
SELECT add_continuous_aggregate_policy('position_hourly',
    start_offset => INTERVAL '3 days', end_offset => INTERVAL '1 hour',
    schedule_interval => INTERVAL '30 minutes', if_not_exists => true);
