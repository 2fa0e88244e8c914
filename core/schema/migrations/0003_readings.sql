-- What devices said: stored exactly once, never changed.

-- One row a store transaction. Numbers are given per ingest session by its one
-- lease holder, so a follower that reads them in order skips nothing.
CREATE TABLE batch (
    session_no  smallint NOT NULL,
    no          bigint NOT NULL,
    received_at timestamptz NOT NULL,
    stored      integer NOT NULL,
    duplicate   integer NOT NULL,
    rejected    integer NOT NULL,
    unknown_fields integer NOT NULL DEFAULT 0,  -- seen in the sampled messages (1 of 128)
    oldest_at   timestamptz,                   -- span of the observed times in it: prunes partitions
    newest_at   timestamptz,
    PRIMARY KEY (session_no, no)
);
CREATE INDEX batch_by_time ON batch (received_at);

-- Fencing: every store transaction checks the epoch under FOR SHARE.
CREATE TABLE ingest_lease (
    session_no smallint PRIMARY KEY,
    sessions   smallint NOT NULL,
    owner      text NOT NULL,
    epoch      bigint NOT NULL,
    until_at   timestamptz NOT NULL
);

-- Times in which a heartbeat went through broker and database. What lies between
-- two spans is an outage of ours: nothing observed there says anything.
CREATE TABLE alive_span (
    session_no smallint NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (session_no, started_at)
);

-- Which ingest processes are alive: each may hold its fair share of the sessions.
CREATE TABLE ingest_worker (
    owner   text PRIMARY KEY,
    seen_at timestamptz NOT NULL
);

-- How far a session's batches have been judged, and by whom: the same leases as above.
CREATE TABLE follower_cursor (
    session_no smallint PRIMARY KEY,
    batch_no   bigint NOT NULL,
    owner      text,
    epoch      bigint NOT NULL DEFAULT 0,
    until_at   timestamptz NOT NULL DEFAULT '-infinity'
);

-- Integers at the precision that is real: 1e-7 degree, decimetres, tenths of a
-- degree, centimetres a second. 12 bytes a row at rest on the columnstore.
-- skew_ms: corrected time minus device time, where the monotonic clock allowed it.
-- flags: 1 fix valid, 2 mock, 4 ignition known, 8 ignition on, 16 queued, 32 retained.
-- src: 0 gnss 1 network 2 manual. datum (as given): 0 wgs84 1 gcj02 2 bd09 3 cgcs2000.
DO $$
DECLARE
    native boolean := current_setting('waypost.engine') = 'postgresql';
    by_day text := CASE WHEN native THEN 'PARTITION BY RANGE (at)' ELSE '' END;
BEGIN
    EXECUTE 'CREATE TABLE position (
        at          timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        seq         bigint NOT NULL,
        batch_id    bigint NOT NULL,
        device_no   integer NOT NULL,
        lat_e7      integer NOT NULL,
        lon_e7      integer NOT NULL,
        skew_ms     integer,
        acc_dm      smallint,
        spd_cms     smallint,
        crs_ddeg    smallint,
        alt_m       smallint,
        sat         smallint,
        bat_pct     smallint,
        src         smallint NOT NULL,
        datum       smallint NOT NULL,
        flags       smallint NOT NULL
    ) ' || by_day;
    EXECUTE 'CREATE TABLE status (
        at          timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        seq         bigint NOT NULL,
        batch_id    bigint NOT NULL,
        device_no   integer NOT NULL,
        state       text NOT NULL,
        bat_pct     smallint,
        detail      jsonb NOT NULL
    ) ' || by_day;
    IF NOT native THEN
        PERFORM create_hypertable('position', by_range('at', INTERVAL '1 day'),
                                  create_default_indexes => false);
        PERFORM create_hypertable('status', by_range('at', INTERVAL '1 day'),
                                  create_default_indexes => false);
    END IF;
END $$;

-- The duplicate key. It begins with the device, so a track is one index range.
CREATE UNIQUE INDEX position_once ON position (device_no, at, seq);
CREATE UNIQUE INDEX status_once ON status (device_no, at, seq);
-- Rows arrive in batch order, so a block-range index finds a batch for almost nothing.
CREATE INDEX position_by_batch ON position USING brin (batch_id) WITH (pages_per_range = 16);
CREATE INDEX status_by_batch ON status USING brin (batch_id) WITH (pages_per_range = 16);

CREATE TABLE checkin (
    device_no   integer NOT NULL REFERENCES device (no),
    at          timestamptz NOT NULL,
    seq         bigint NOT NULL,
    received_at timestamptz NOT NULL,
    batch_id    bigint NOT NULL,
    org_id      bigint NOT NULL REFERENCES org,
    method      text NOT NULL CHECK (method IN ('nfc', 'sun', 'qr', 'manual')),
    tag         text,                          -- UID, upper case, no separators
    lat_e7      integer,
    lon_e7      integer,
    acc_dm      smallint,
    skew_ms     integer,
    detail      jsonb NOT NULL,
    PRIMARY KEY (device_no, at, seq)
);
CREATE INDEX checkin_by_tag ON checkin (tag, at);
CREATE INDEX checkin_by_batch ON checkin USING brin (batch_id) WITH (pages_per_range = 4);

CREATE TABLE cylinder_event (
    event_id    uuid PRIMARY KEY,
    device_no   integer NOT NULL REFERENCES device (no),
    at          timestamptz NOT NULL,
    seq         bigint NOT NULL,
    received_at timestamptz NOT NULL,
    batch_id    bigint NOT NULL,
    org_id      bigint NOT NULL REFERENCES org,
    type        text NOT NULL,
    code        text NOT NULL,
    detail      jsonb NOT NULL
);
CREATE INDEX cylinder_event_by_code ON cylinder_event (code, at, event_id);
CREATE INDEX cylinder_event_by_batch ON cylinder_event USING brin (batch_id) WITH (pages_per_range = 4);

CREATE TABLE recording (
    device_no    integer NOT NULL REFERENCES device (no),
    at           timestamptz NOT NULL,
    seq          bigint NOT NULL,
    received_at  timestamptz NOT NULL,
    batch_id     bigint NOT NULL,
    org_id       bigint NOT NULL REFERENCES org,
    recording_id text NOT NULL,
    start_at     timestamptz NOT NULL,
    stop_at      timestamptz,
    detail       jsonb NOT NULL,
    PRIMARY KEY (device_no, at, seq)
);
CREATE INDEX recording_by_name ON recording (recording_id);
CREATE INDEX recording_by_batch ON recording USING brin (batch_id) WITH (pages_per_range = 4);

CREATE TABLE device_event (
    device_no   integer NOT NULL REFERENCES device (no),
    at          timestamptz NOT NULL,
    seq         bigint NOT NULL,
    received_at timestamptz NOT NULL,
    batch_id    bigint NOT NULL,
    org_id      bigint NOT NULL REFERENCES org,
    type        text NOT NULL,
    lat_e7      integer,
    lon_e7      integer,
    detail      jsonb NOT NULL,
    PRIMARY KEY (device_no, at, seq)
);
CREATE INDEX device_event_by_batch ON device_event USING brin (batch_id) WITH (pages_per_range = 4);

CREATE TABLE device_ack (
    device_no   integer NOT NULL REFERENCES device (no),
    at          timestamptz NOT NULL,
    seq         bigint NOT NULL,
    received_at timestamptz NOT NULL,
    batch_id    bigint NOT NULL,
    org_id      bigint NOT NULL REFERENCES org,
    task_id     bigint NOT NULL,
    move        text NOT NULL,
    reason      text,
    PRIMARY KEY (device_no, at, seq)
);
CREATE INDEX device_ack_by_batch ON device_ack USING brin (batch_id) WITH (pages_per_range = 4);

-- Bodies we could not read. Once each, by hash of topic and body; `seen` counts
-- redeliveries. Nothing is thrown to the floor, and everything can be driven again.
CREATE TABLE quarantine (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256     bytea NOT NULL UNIQUE,
    topic      text NOT NULL,
    body       bytea NOT NULL,
    reason     text NOT NULL,
    detail     text NOT NULL,
    org_id     bigint REFERENCES org,          -- of the device named in the topic, where there is one
    device_no  integer REFERENCES device (no),
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    seen       integer NOT NULL DEFAULT 1,
    redrive_asked_at timestamptz,              -- somebody wants it read anew
    redriven_at timestamptz                    -- it was; empty again when it was refused again
);
CREATE INDEX quarantine_by_time ON quarantine (first_at);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['checkin', 'cylinder_event', 'recording', 'device_event', 'device_ack']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite()',
                       name || '_is_evidence', name);
    END LOOP;
END $$;
