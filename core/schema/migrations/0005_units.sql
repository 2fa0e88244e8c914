-- The present of every device, derived: it can be thrown away and made again.
-- `change` is the writing transaction; a reader that starts over from the oldest
-- transaction still running sees every change at least once (see docs/decisions).
CREATE TABLE unit_state (
    device_no   integer PRIMARY KEY REFERENCES device (no),
    org_id      bigint NOT NULL REFERENCES org,
    position_at timestamptz,                   -- observed time of the position shown
    position_seq bigint,
    lat_e7      integer,
    lon_e7      integer,
    acc_dm      smallint,
    spd_cms     smallint,
    crs_ddeg    smallint,
    bat_pct     smallint,
    bat_at      timestamptz,                   -- position or status that said so, whichever is newer
    status_at   timestamptz,                   -- observed time of the status shown
    status_seq  bigint,
    state       text,                          -- on_duty, recording, … as last reported
    detail      jsonb NOT NULL DEFAULT '{}',   -- the rest of that status
    heard_at    timestamptz,                   -- newest time of receipt of anything
    link        text NOT NULL DEFAULT 'never' CHECK (link IN ('never', 'online', 'stale', 'silent')),
    link_reason text,                          -- why: late_1m, last_will, …
    link_since  timestamptz,
    change      xid8 NOT NULL DEFAULT pg_current_xact_id()
) WITH (fillfactor = 50);
-- No index but the key: every batch rewrites these rows, and a column in an index
-- would forbid heap-only updates. One row a device is quickly read through.
