-- Fences, crossings, patrol points, windows and verdicts.

-- A circle (centre and radius) or a polygon (GeoJSON, WGS-84). Versions are kept:
-- editing ends the old row and adds a new one.
CREATE TABLE fence (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id       bigint NOT NULL REFERENCES org,
    name         text NOT NULL,
    purpose      text NOT NULL DEFAULT 'area' CHECK (purpose IN ('area', 'point', 'post', 'forbidden')),
    lat_deg      double precision,
    lon_deg      double precision,
    radius_m     double precision CHECK (radius_m > 0),
    polygon      jsonb,
    min_inside_s double precision NOT NULL DEFAULT 10,
    min_inside_fixes  integer NOT NULL DEFAULT 2,
    min_outside_s double precision NOT NULL DEFAULT 30,
    min_outside_fixes integer NOT NULL DEFAULT 3,
    margin_m     double precision NOT NULL DEFAULT 20,
    dwell_s      double precision,             -- a `dwelt` crossing after this long inside
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text,
    ended_at     timestamptz,
    CHECK ((polygon IS NULL) = (radius_m IS NOT NULL)),
    CHECK ((radius_m IS NULL) = (lat_deg IS NULL) AND (radius_m IS NULL) = (lon_deg IS NULL))
);
CREATE INDEX fence_by_org ON fence (org_id);

-- Crossings are facts about event time. A late reading adds retractions and new
-- crossings; `crossing_now` (schema/live) shows those not retracted.
CREATE TABLE crossing (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no integer NOT NULL REFERENCES device (no),
    fence_id  bigint NOT NULL REFERENCES fence,
    org_id    bigint NOT NULL REFERENCES org,
    kind      text NOT NULL CHECK (kind IN ('entered', 'left', 'dwelt')),
    at        timestamptz NOT NULL,
    -- how the time was found: fix, chord (interpolated between two fixes), gap (last fix before silence)
    by        text NOT NULL CHECK (by IN ('fix', 'chord', 'gap')),
    known_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    retracts  bigint UNIQUE REFERENCES crossing
);
CREATE INDEX crossing_by_device ON crossing (device_no, at);
CREATE INDEX crossing_by_fence ON crossing (fence_id, at);
CREATE TRIGGER crossing_is_evidence BEFORE UPDATE OR DELETE ON crossing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- The fold over a device's fixes, as it stood after the fix at (at, seq). Derived:
-- a late reading starts again from the newest checkpoint before it.
CREATE TABLE fence_checkpoint (
    device_no integer NOT NULL REFERENCES device (no),
    at        timestamptz NOT NULL,
    seq       bigint NOT NULL,
    state     jsonb NOT NULL,
    PRIMARY KEY (device_no, at, seq)
);

CREATE TABLE patrol_point (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id   bigint NOT NULL REFERENCES org,
    name     text NOT NULL,
    fence_id bigint NOT NULL UNIQUE REFERENCES fence,
    tag      text UNIQUE,                      -- NFC UID, upper case, no separators
    grade    smallint NOT NULL DEFAULT 2,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);

-- When somebody must be there. [opens_at, closes_at] is closed on both sides; the
-- sweep says `missed` only after closes_at + grace_s.
CREATE TABLE patrol_window (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id      bigint NOT NULL REFERENCES org,
    point_id    bigint NOT NULL REFERENCES patrol_point,
    opens_at    timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    closes_at   timestamptz NOT NULL,
    grace_s     integer NOT NULL DEFAULT 900,
    min_dwell_s integer NOT NULL DEFAULT 60,   -- satisfied by dwell as well; null-like 0: taps only
    created_by  text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (point_id, opens_at, closes_at),
    CHECK (opens_at <= due_at AND due_at <= closes_at)
);
CREATE INDEX patrol_window_by_close ON patrol_window (closes_at);
CREATE INDEX patrol_window_by_point ON patrol_window (point_id, opens_at);

-- Every change of mind is a new version; the newest is the current one.
CREATE TABLE patrol_verdict (
    window_id bigint NOT NULL REFERENCES patrol_window,
    version   integer NOT NULL,
    result    text NOT NULL CHECK (result IN
              ('on_time', 'early', 'late', 'missed', 'undeterminable', 'excused')),
    rule      text NOT NULL,
    reasons   jsonb NOT NULL,                  -- [{code, …}]: what a person is told
    evidence  jsonb NOT NULL,                  -- check-ins and crossings by key
    observed_share double precision,           -- share of the window in which we could see
    known_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (window_id, version)
);
CREATE TRIGGER patrol_verdict_is_evidence BEFORE UPDATE OR DELETE ON patrol_verdict
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
