-- Patrol verification: plans and rosters as versioned data, proof of presence, verdicts with
-- all their results, appeals, marks. Facts are added; what is superseded gets an end, once.

-- ── the calendar: what differs from "Monday to Friday are workdays" ──────────────────────
CREATE TABLE calendar_day (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day        date NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('workday', 'restday')),
    name       text NOT NULL,                  -- 国庆节, 国庆节调休上班
    source     text NOT NULL,                  -- the notice it comes from
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz
);
CREATE UNIQUE INDEX calendar_day_once ON calendar_day (day) WHERE ended_at IS NULL;

-- ── duty grades: the rule of a grade from a date on (domain reference G.3 is the default) ─
-- rule: see geo/patrol/grades.py. org_id: whose; the nearest organisation above wins.
CREATE TABLE patrol_grade (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    grade      smallint NOT NULL CHECK (grade BETWEEN 1 AND 9),
    valid_from date NOT NULL,
    rule       jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz
);
CREATE UNIQUE INDEX patrol_grade_once ON patrol_grade (org_id, grade, valid_from) WHERE ended_at IS NULL;

-- ── routes, segments, plans: a head and its versions; the newest version in force counts ─
CREATE TABLE patrol_route (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    name       text NOT NULL,
    ended_at   timestamptz
);
CREATE UNIQUE INDEX patrol_route_named ON patrol_route (org_id, name) WHERE ended_at IS NULL;
-- body: {"order": "free|ordered|ordered_strict", "stops": [{"point_id", "travel_s", "tolerance_s"}]}
CREATE TABLE patrol_route_version (
    route_id   bigint NOT NULL REFERENCES patrol_route,
    version    integer NOT NULL,
    valid_from date NOT NULL,
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (route_id, version)
);

-- A stretch of road to be covered, as a line; areas to be covered are fences of purpose 'area'.
CREATE TABLE patrol_segment (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    name       text NOT NULL,
    grade      smallint NOT NULL DEFAULT 2,
    line       jsonb NOT NULL,                 -- GeoJSON LineString, WGS-84
    width_m    double precision,               -- null: the default of the rule in force
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX patrol_segment_by_org ON patrol_segment (org_id) WHERE ended_at IS NULL;

CREATE TABLE patrol_plan (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    name       text NOT NULL,
    ended_at   timestamptz
);
CREATE UNIQUE INDEX patrol_plan_named ON patrol_plan (org_id, name) WHERE ended_at IS NULL;
-- body: see geo/patrol/plans.py: what (points, routes, segments, areas, posts), which days, which shifts.
CREATE TABLE patrol_plan_version (
    plan_id    bigint NOT NULL REFERENCES patrol_plan,
    version    integer NOT NULL,
    valid_from date NOT NULL,
    valid_to   date,
    body       jsonb NOT NULL,
    note       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (plan_id, version),
    CHECK (valid_to IS NULL OR valid_from <= valid_to)
);

-- A grade raised for a zone and a span of dates (the Expo of 2018).
CREATE TABLE patrol_raise (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    name       text NOT NULL,
    grade      smallint NOT NULL CHECK (grade BETWEEN 1 AND 9),
    fence_id   bigint REFERENCES fence,        -- every point within it, or those named
    point_ids  bigint[] NOT NULL DEFAULT '{}',
    valid_from date NOT NULL,
    valid_to   date NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz,
    CHECK (valid_from <= valid_to)
);

-- Who is on duty when, and for what. `leave`: approved absence instead of duty.
CREATE TABLE roster_shift (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    person_id  bigint REFERENCES person,
    device_no  integer NOT NULL REFERENCES device (no),   -- the terminal the person carries
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    kind       text NOT NULL DEFAULT 'patrol' CHECK (kind IN ('patrol', 'post', 'leave')),
    route_id   bigint REFERENCES patrol_route,
    point_ids  bigint[] NOT NULL DEFAULT '{}', -- the beat; with neither route nor points: all of the squad
    post_id    bigint REFERENCES fence,        -- kind 'post'
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz,
    CHECK (starts_at < ends_at),
    CHECK ((kind = 'post') = (post_id IS NOT NULL))
);
CREATE INDEX roster_shift_by_org ON roster_shift (org_id, starts_at) WHERE ended_at IS NULL;
CREATE INDEX roster_shift_by_device ON roster_shift (device_no, starts_at) WHERE ended_at IS NULL;

-- Where a point stood before it was moved. Check-ins of that time are measured against it.
CREATE TABLE point_place (
    point_id bigint NOT NULL REFERENCES patrol_point,
    until_at timestamptz NOT NULL,
    fence_id bigint NOT NULL REFERENCES fence,
    PRIMARY KEY (point_id, until_at)
);

-- ── windows learn where they come from, and how they are judged ──────────────────────────
-- [opens_at, closes_at] is "on time", closed on both sides. Before it, back to
-- opens_at - early_s (closed), is early; after it, to closes_at + late_s (closed), is late.
ALTER TABLE patrol_window
    ADD COLUMN early_s      integer NOT NULL DEFAULT 0 CHECK (early_s >= 0),
    ADD COLUMN late_s       integer NOT NULL DEFAULT 0 CHECK (late_s >= 0),
    -- tap: a check-in is wanted. stay: time within the circle. either: whichever comes.
    ADD COLUMN proof        text NOT NULL DEFAULT 'either' CHECK (proof IN ('tap', 'stay', 'either')),
    ADD COLUMN min_level    smallint NOT NULL DEFAULT 0 CHECK (min_level BETWEEN 0 AND 5),
    ADD COLUMN grade        smallint,
    ADD COLUMN plan_id      bigint REFERENCES patrol_plan,
    ADD COLUMN plan_version integer,
    ADD COLUMN route_id     bigint REFERENCES patrol_route,
    ADD COLUMN round        text,              -- windows of one walk along a route share it
    ADD COLUMN stop_no      integer,
    ADD COLUMN route_order  text NOT NULL DEFAULT 'free'
                            CHECK (route_order IN ('free', 'ordered', 'ordered_strict')),
    ADD COLUMN withdrawn_at timestamptz,       -- a later plan put others in its place before it opened
    -- Judged once with everything that had come by the end of its grace. Bookkeeping.
    ADD COLUMN settled_at   timestamptz,
    ADD COLUMN look_again_at timestamptz,      -- an offline terminal may deliver; not before this
    ADD COLUMN fence_id     bigint REFERENCES fence;  -- where the point stood, if it moved since
CREATE INDEX patrol_window_unsettled ON patrol_window (closes_at)
    WHERE settled_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX patrol_window_by_round ON patrol_window (round, stop_no) WHERE round IS NOT NULL;
-- A point may be wanted again at a time once withdrawn.
ALTER TABLE patrol_window DROP CONSTRAINT patrol_window_point_id_opens_at_closes_at_key;
CREATE UNIQUE INDEX patrol_window_once ON patrol_window (point_id, opens_at, closes_at)
    WHERE withdrawn_at IS NULL;

ALTER TABLE patrol_verdict DROP CONSTRAINT patrol_verdict_result_check;
ALTER TABLE patrol_verdict ADD CONSTRAINT patrol_verdict_result_check CHECK (result IN
    ('on_time', 'early', 'late', 'missed', 'out_of_place', 'out_of_order', 'too_short', 'suspect',
     'makeup', 'excused', 'undeterminable', 'pending_offline'));
ALTER TABLE patrol_verdict
    ADD COLUMN verified  boolean,              -- proof of the level the point asks for
    ADD COLUMN level     smallint,
    ADD COLUMN device_no integer REFERENCES device (no),  -- whose evidence it rests on
    ADD COLUMN proved_at timestamptz;          -- when the visit was, by corrected time

-- Windows to be judged again: their roster, rules, excuses or evidence changed. Bookkeeping.
CREATE TABLE patrol_dirty (
    window_id bigint PRIMARY KEY REFERENCES patrol_window,
    since     timestamptz NOT NULL DEFAULT clock_timestamp(),
    why       text NOT NULL
);
-- Whose telemetry a settled verdict rests on, and from when to when: a late message of it
-- makes the window dirty. Bookkeeping.
CREATE TABLE patrol_rests (
    window_id bigint NOT NULL REFERENCES patrol_window,
    device_no integer NOT NULL REFERENCES device (no),
    from_at   timestamptz NOT NULL,
    to_at     timestamptz NOT NULL,
    PRIMARY KEY (window_id, device_no)
);
CREATE INDEX patrol_rests_by_device ON patrol_rests (device_no, to_at);

-- ── rules: thresholds as data, in versions. The built-in one needs no row ─────────────────
CREATE TABLE patrol_rule (
    version      text PRIMARY KEY CHECK (version ~ '^[A-Za-z0-9._-]{1,40}$'),
    body         jsonb NOT NULL,               -- what differs from the built-in rule
    note         text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL
);
-- Which was in force from when on; a window is judged by the rule of its opening.
CREATE TABLE patrol_rule_activation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version      text NOT NULL REFERENCES patrol_rule,
    valid_from   timestamptz NOT NULL,
    activated_at timestamptz NOT NULL,
    activated_by text NOT NULL
);

-- ── tags and their keys ──────────────────────────────────────────────────────────────────
-- Which tag hung where from when to when. patrol_point.tag is the one that hangs there now.
CREATE TABLE tag_enrolment (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid         text NOT NULL CHECK (uid ~ '^[0-9A-F]{8,20}$'),
    point_id    bigint NOT NULL REFERENCES patrol_point,
    chip        text NOT NULL DEFAULT 'uid' CHECK (chip IN ('uid', 'sun')),  -- sun: NTAG 424 DNA
    enrolled_at timestamptz NOT NULL,
    enrolled_by text NOT NULL,
    ended_at    timestamptz
);
CREATE UNIQUE INDEX tag_enrolment_once ON tag_enrolment (uid) WHERE ended_at IS NULL;

-- A tap that asks for its tag to be hung at a point (note "enrol P-…"); a person decides.
CREATE TABLE tag_proposal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id      bigint NOT NULL REFERENCES org,    -- of the point
    point_id    bigint NOT NULL REFERENCES patrol_point,
    uid         text NOT NULL,
    chip        text NOT NULL CHECK (chip IN ('uid', 'sun')),
    device_no   integer NOT NULL REFERENCES device (no),
    at          timestamptz NOT NULL,
    seq         bigint NOT NULL,
    proposed_at timestamptz NOT NULL,
    decision    text CHECK (decision IN ('confirmed', 'refused')),
    decided_at  timestamptz,
    decided_by  text,
    UNIQUE (device_no, at, seq)
);
CREATE INDEX tag_proposal_open ON tag_proposal (org_id, id) WHERE decision IS NULL;

-- The code printed at a point for everybody (QR): leads citizens to a page, and an officer whose
-- tag reader fails to the point. Drawn by lot, so that nobody counts the points from outside.
ALTER TABLE patrol_point ADD COLUMN code text NOT NULL UNIQUE
    DEFAULT 'P-' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 10));

-- What the page says there; without a row it says what holds everywhere.
CREATE TABLE point_page (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    point_id   bigint NOT NULL REFERENCES patrol_point,
    zh         text NOT NULL,
    en         text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz
);
CREATE UNIQUE INDEX point_page_once ON point_page (point_id) WHERE ended_at IS NULL;

-- Points where QR stood in for the tag so often that the tag may be broken: told once a week.
CREATE TABLE tag_hint (
    point_id bigint NOT NULL REFERENCES patrol_point,
    week     date NOT NULL,                    -- its Monday, local
    told_at  timestamptz NOT NULL,
    PRIMARY KEY (point_id, week)
);

-- Keys are wrapped by a key-encryption key that is not in the database (devices/tag_keys.py).
-- purpose: meta (the fleet's SDMMetaRead key), file (master of the diversified SDMFileRead keys).
CREATE TABLE tag_key (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose    text NOT NULL CHECK (purpose IN ('meta', 'file')),
    version    integer NOT NULL,
    uid        text,                           -- a key of one tag alone, not diversified
    wrapped    bytea NOT NULL,
    kek_id     text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    retired_at timestamptz
);
CREATE UNIQUE INDEX tag_key_once ON tag_key (purpose, version, coalesce(uid, ''));

-- ── what a check-in proves: judged for each, a new version when other evidence changes it ─
CREATE TABLE checkin_proof (
    device_no    integer NOT NULL REFERENCES device (no),
    at           timestamptz NOT NULL,
    seq          bigint NOT NULL,
    version      integer NOT NULL,
    org_id       bigint NOT NULL REFERENCES org,
    point_id     bigint REFERENCES patrol_point,
    uid          text,                         -- of the tag, where one was read
    counter      integer,                      -- SDMReadCtr
    corrected_at timestamptz NOT NULL,
    time_trust   text NOT NULL CHECK (time_trust IN ('monotonic', 'device', 'low')),
    auth         text NOT NULL CHECK (auth IN
                 ('none', 'qr', 'uid', 'sun', 'bad_mac', 'unknown_key', 'replay', 'replay_suspect')),
    place        text NOT NULL CHECK (place IN ('in', 'out', 'uncertain', 'none', 'mock')),
    distance_m   double precision,
    acc_m        double precision,
    level        smallint NOT NULL CHECK (level BETWEEN 0 AND 5),
    flags        text[] NOT NULL DEFAULT '{}', -- clock_skew, late_upload, stale_upload, …
    rule         text NOT NULL,
    known_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (device_no, at, seq, version)
);
CREATE INDEX checkin_proof_by_point ON checkin_proof (point_id, corrected_at);
CREATE INDEX checkin_proof_by_counter ON checkin_proof (uid, counter) WHERE counter IS NOT NULL;
CREATE INDEX checkin_proof_by_tag ON checkin_proof (uid, corrected_at) WHERE counter IS NOT NULL;
CREATE INDEX checkin_proof_by_known ON checkin_proof (known_at);
CREATE INDEX checkin_proof_by_device ON checkin_proof (device_no, corrected_at);
CREATE TRIGGER checkin_proof_is_evidence BEFORE UPDATE OR DELETE ON checkin_proof
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE INDEX checkin_by_time ON checkin (at);

-- ── excuses and appeals ──────────────────────────────────────────────────────────────────
CREATE TABLE patrol_excuse (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    window_id  bigint NOT NULL REFERENCES patrol_window,
    kind       text NOT NULL CHECK (kind IN ('dispatch', 'leave', 'order')),
    reason     text NOT NULL,
    task_id    bigint REFERENCES task,
    assignment_id bigint REFERENCES assignment,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX patrol_excuse_by_window ON patrol_excuse (window_id);

-- makeup 补签: I was there. appeal 申诉: I need not have been, or could not.
CREATE TABLE patrol_appeal (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    window_id  bigint NOT NULL REFERENCES patrol_window,
    org_id     bigint NOT NULL REFERENCES org,
    kind       text NOT NULL CHECK (kind IN ('makeup', 'appeal')),
    reason     text NOT NULL,
    evidence   jsonb NOT NULL DEFAULT '[]',    -- [{"kind", "note", "sha256", "uri", "at"}]
    verdict_version integer NOT NULL,          -- the verdict it speaks against
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE INDEX patrol_appeal_by_window ON patrol_appeal (window_id);
CREATE INDEX patrol_appeal_by_org ON patrol_appeal (org_id, id);
CREATE TRIGGER patrol_appeal_is_evidence BEFORE UPDATE OR DELETE ON patrol_appeal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TABLE patrol_appeal_decision (
    appeal_id  bigint PRIMARY KEY REFERENCES patrol_appeal,
    decision   text NOT NULL CHECK (decision IN ('approved', 'refused', 'withdrawn')),
    note       text NOT NULL DEFAULT '',
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL
);
CREATE TRIGGER patrol_appeal_decision_is_evidence BEFORE UPDATE OR DELETE ON patrol_appeal_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- ── marks of the cheat detectors: evidence for a person to look at, never a rejection ─────
CREATE TABLE patrol_mark (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    detector   text NOT NULL,
    rule       text NOT NULL,                  -- version of the thresholds
    org_id     bigint NOT NULL REFERENCES org,
    device_no  integer NOT NULL REFERENCES device (no),
    other_no   integer REFERENCES device (no), -- two devices, one tag
    point_id   bigint REFERENCES patrol_point,
    at         timestamptz NOT NULL,           -- when it happened
    until_at   timestamptz,
    key        text NOT NULL,                  -- what makes it the same mark when found again
    evidence   jsonb NOT NULL,
    known_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at timestamptz,                  -- later evidence took it away
    reviewed_at timestamptz,
    reviewed_by text,
    review     text CHECK (review IN ('confirmed', 'harmless')),
    review_note text
);
CREATE UNIQUE INDEX patrol_mark_once ON patrol_mark (detector, key) WHERE withdrawn_at IS NULL;
CREATE INDEX patrol_mark_by_device ON patrol_mark (device_no, at);
CREATE INDEX patrol_mark_by_org ON patrol_mark (org_id, id);
CREATE INDEX patrol_mark_by_other ON patrol_mark (other_no, at) WHERE other_no IS NOT NULL;
-- Hours (since 1970) of devices whose positions have not been looked at since they came, and
-- not before when that is worth while. Bookkeeping.
CREATE TABLE fraud_dirty (
    device_no integer NOT NULL,
    hour      bigint NOT NULL,
    not_before timestamptz NOT NULL,
    PRIMARY KEY (device_no, hour)
);
CREATE INDEX fraud_dirty_due ON fraud_dirty (not_before);

-- ── results kept: coverage, duty logs, monthly reports ───────────────────────────────────
CREATE TABLE patrol_coverage (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    kind       text NOT NULL CHECK (kind IN ('point', 'segment', 'area')),
    object_id  bigint NOT NULL,                -- patrol_point, patrol_segment or fence
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL,
    version    integer NOT NULL,
    covered    double precision NOT NULL,      -- numerator: seconds, metres or cells
    required   double precision NOT NULL,      -- denominator, in the same unit
    unit       text NOT NULL CHECK (unit IN ('s', 'm', 'cell')),
    period_s   double precision,               -- median sampling period of the tracks it rests on
    unknown_s  double precision NOT NULL,      -- time of the tracks nobody can speak for
    confidence text NOT NULL CHECK (confidence IN ('normal', 'low', 'none')),
    detail     jsonb NOT NULL DEFAULT '{}',
    rule       text NOT NULL,
    known_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (kind, object_id, from_at, to_at, version)
);
CREATE INDEX patrol_coverage_by_org ON patrol_coverage (org_id, from_at);
CREATE TRIGGER patrol_coverage_is_evidence BEFORE UPDATE OR DELETE ON patrol_coverage
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Which local days of an organisation were measured, by which rule; stale: later data came.
-- Bookkeeping.
CREATE TABLE patrol_coverage_run (
    org_id     bigint NOT NULL REFERENCES org,
    day        date NOT NULL,
    rule       text,                           -- null: not measured yet
    stale      boolean NOT NULL DEFAULT false,
    run_at     timestamptz,
    PRIMARY KEY (org_id, day)
);

CREATE TABLE duty_log (
    device_no  integer NOT NULL REFERENCES device (no),
    day        date NOT NULL,                  -- local day the duty began
    version    integer NOT NULL,
    org_id     bigint NOT NULL REFERENCES org,
    body       jsonb NOT NULL,
    sha256     bytea NOT NULL,
    known_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    looked_at  timestamptz NOT NULL,           -- when it was last written anew and found the same
    PRIMARY KEY (device_no, day, version)
);
CREATE INDEX duty_log_by_org ON duty_log (org_id, day);
CREATE TRIGGER duty_log_is_evidence BEFORE DELETE OR UPDATE OF device_no, day, version, body, sha256, known_at
    ON duty_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
-- The officer's signature and the squad leader's countersign, each on one version.
CREATE TABLE duty_log_signature (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no  integer NOT NULL,
    day        date NOT NULL,
    version    integer NOT NULL,
    role       text NOT NULL CHECK (role IN ('officer', 'leader')),
    signed_by  text NOT NULL,
    comment    text NOT NULL DEFAULT '',
    signed_at  timestamptz NOT NULL,
    FOREIGN KEY (device_no, day, version) REFERENCES duty_log,
    UNIQUE (device_no, day, version, role)
);

-- A month frozen: what was reported stays what was reported.
CREATE TABLE patrol_report (
    org_id     bigint NOT NULL REFERENCES org,
    month      date NOT NULL CHECK (extract(day FROM month) = 1),
    version    integer NOT NULL,
    body       jsonb NOT NULL,
    known_at   timestamptz NOT NULL,
    frozen_by  text NOT NULL,
    PRIMARY KEY (org_id, month, version)
);
CREATE TRIGGER patrol_report_is_evidence BEFORE UPDATE OR DELETE ON patrol_report
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
