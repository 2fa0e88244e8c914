-- Who has which equipment, what cameras recorded, and what of it was required (domain D).

-- ── people by date: a joiner, a transfer and a leaver are each one line ────────────────────
CREATE TABLE posting (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person,
    org_id     bigint NOT NULL REFERENCES org,
    duty       text NOT NULL CHECK (duty IN ('front_line', 'office', 'left')),
    from_at    timestamptz NOT NULL,
    note       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE INDEX posting_by_person ON posting (person_id, from_at, id);
CREATE TRIGGER posting_is_evidence BEFORE UPDATE OR DELETE ON posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- ── things: registered once, moved ever after ─────────────────────────────────────────────
CREATE TABLE asset (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    serial     text NOT NULL UNIQUE,           -- as it stands on the thing
    kind       text NOT NULL,                  -- camera, terminal, radio, dock, …: what standards name
    model      text NOT NULL DEFAULT '',
    device_no  integer UNIQUE REFERENCES device (no),  -- where it speaks
    live       boolean NOT NULL DEFAULT true,  -- a camera that is heard only at docks does not speak
    enrolled_for bigint REFERENCES person,     -- whose the device was before it was registered
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE INDEX asset_by_kind ON asset (kind, id);

-- Gapless by version; the newest is how it stands. `at` never goes back within one asset.
CREATE TABLE asset_move (
    asset_id   bigint NOT NULL REFERENCES asset,
    version    integer NOT NULL,
    move       text NOT NULL,
    state      text NOT NULL,                  -- after it
    at         timestamptz NOT NULL,
    org_id     bigint NOT NULL REFERENCES org, -- whose it is after it
    person_id  bigint REFERENCES person,       -- who has it after it
    due_at     timestamptz,                    -- a loan is due back
    note       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (asset_id, version)
);
CREATE INDEX asset_move_by_person ON asset_move (person_id, at) WHERE person_id IS NOT NULL;
CREATE TRIGGER asset_move_is_evidence BEFORE UPDATE OR DELETE ON asset_move
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Standards, tolerances, delays, classes: what the bureau changed; the newest counts.
CREATE TABLE equipment_policy (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE TRIGGER equipment_policy_is_evidence BEFORE UPDATE OR DELETE ON equipment_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- ── what cameras recorded, as it is used: derived from recording and status ───────────────
-- One row a recording, whatever was told of it how often; times by the corrected clock.
CREATE TABLE clip (
    device_no    integer NOT NULL REFERENCES device (no),
    recording_id text NOT NULL,
    org_id       bigint NOT NULL REFERENCES org,
    person_id    bigint REFERENCES person,     -- who had the camera when it began
    start_at     timestamptz NOT NULL,
    stop_at      timestamptz,                  -- empty: not told
    offset_ms    bigint NOT NULL,              -- added to what the camera told
    gaps         jsonb NOT NULL DEFAULT '[]',  -- [[from, to]], milliseconds, corrected
    off_reason   text NOT NULL DEFAULT '',     -- battery, storage, fault where it stopped by itself
    task_id      bigint,                       -- as told
    tags         text[] NOT NULL DEFAULT '{}',
    size_bytes   bigint,
    sha256       text,
    sm3          text,
    uri          text,                         -- where the archive has it; never the video itself
    told_at      timestamptz NOT NULL,         -- receipt of the first message of it
    uploaded_at  timestamptz,                  -- complete on the archive, by our clock
    upload_due   timestamptz NOT NULL,
    fresh        boolean NOT NULL DEFAULT true, -- told as it was sent: the clock could be put right
    PRIMARY KEY (device_no, recording_id)
);
CREATE INDEX clip_by_person ON clip (person_id, start_at);
CREATE INDEX clip_by_device ON clip (device_no, start_at);
CREATE INDEX clip_by_task ON clip (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX clip_by_org ON clip (org_id, start_at) INCLUDE (uploaded_at);
CREATE INDEX clip_not_uploaded ON clip (upload_due) WHERE uploaded_at IS NULL;

CREATE INDEX roster_shift_by_person ON roster_shift (person_id, starts_at) WHERE ended_at IS NULL;

-- What a camera last said of itself beyond its state, and how wrong its clock was.
CREATE TABLE camera_state (
    device_no   integer PRIMARY KEY REFERENCES device (no),
    at          timestamptz NOT NULL,          -- of its newest status, by the corrected clock
    seq         bigint NOT NULL,
    conditions  text[] NOT NULL DEFAULT '{}',  -- fault, battery, storage, tamper, sos
    dock        text,
    dock_since  timestamptz,
    docked_at   timestamptz,                   -- last seen in a dock
    emptied_at  timestamptz,                   -- last seen with nothing left to upload
    pending     integer
);

-- How wrong a camera's clock was from when on: what is to be added to what it told. A line more
-- only when that changed.
CREATE TABLE camera_clock (
    device_no integer NOT NULL REFERENCES device (no),
    from_at   timestamptz NOT NULL,
    offset_ms bigint NOT NULL,
    before_at timestamptz,                     -- last heard with the setting before
    PRIMARY KEY (device_no, from_at)
);
-- A greater lack that one message showed: it may as well have waited on its way.
CREATE TABLE camera_clock_suspect (
    device_no   integer PRIMARY KEY REFERENCES device (no),
    offset_ms   bigint NOT NULL,
    received_at timestamptz NOT NULL,
    before_at   timestamptz                    -- last heard before that
);

-- ── what had to be recorded ───────────────────────────────────────────────────────────────
CREATE TABLE recording_verdict (
    task_id   bigint NOT NULL REFERENCES task,
    person_id bigint NOT NULL REFERENCES person,
    version   integer NOT NULL,
    org_id    bigint NOT NULL REFERENCES org,
    device_no integer,                         -- the terminal or vehicle that went
    status    text NOT NULL CHECK (status IN
              ('OK', 'NO_RECORDING', 'LATE_START', 'EARLY_STOP', 'GAP', 'PENDING_UPLOAD',
               'UPLOAD_OVERDUE', 'DEVICE_EXCUSE', 'NOT_REQUIRED')),
    scene_from timestamptz NOT NULL,
    scene_to   timestamptz NOT NULL,
    covered_s  double precision NOT NULL,
    scene_s    double precision NOT NULL,
    rule       text NOT NULL,                  -- version of the rule and of its figures
    reasons    jsonb NOT NULL,                 -- [{code, from, to}]
    evidence   jsonb NOT NULL,                 -- clips, how the scene is known, who else was there
    known_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (task_id, person_id, version)
);
CREATE INDEX recording_verdict_by_scene ON recording_verdict (scene_from, task_id, person_id);
CREATE INDEX recording_verdict_by_status ON recording_verdict (status, scene_from);
CREATE INDEX recording_verdict_by_person ON recording_verdict (person_id, scene_from);
CREATE TRIGGER recording_verdict_is_evidence BEFORE UPDATE OR DELETE ON recording_verdict
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Tasks that are to be looked at again, and when.
CREATE TABLE recording_watch (
    task_id bigint PRIMARY KEY REFERENCES task,
    due_at  timestamptz NOT NULL
);
CREATE INDEX recording_watch_due ON recording_watch (due_at);

-- 说明: the officer says why; somebody else reviews it, and then it is locked.
CREATE TABLE recording_clarification (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id    bigint NOT NULL,
    person_id  bigint NOT NULL,
    verdict_version integer NOT NULL,          -- what it speaks of
    org_id     bigint NOT NULL REFERENCES org,
    reason     text NOT NULL,
    note       text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    FOREIGN KEY (task_id, person_id, verdict_version) REFERENCES recording_verdict
);
CREATE INDEX recording_clarification_by_duty ON recording_clarification (task_id, person_id, id);
CREATE TRIGGER recording_clarification_is_evidence BEFORE UPDATE OR DELETE ON recording_clarification
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

CREATE TABLE recording_review (
    clarification_id bigint PRIMARY KEY REFERENCES recording_clarification,
    decision   text NOT NULL CHECK (decision IN ('accepted', 'refused')),
    note       text NOT NULL DEFAULT '',
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL
);
CREATE TRIGGER recording_review_is_evidence BEFORE UPDATE OR DELETE ON recording_review
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- ── how long it is kept ───────────────────────────────────────────────────────────────────
-- A class that keeps it (evidence, obstruction, …), placed or taken back; the newest of a class counts.
CREATE TABLE recording_hold (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no    integer NOT NULL,
    recording_id text NOT NULL,
    class        text NOT NULL,
    holds        boolean NOT NULL,
    note         text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL,
    FOREIGN KEY (device_no, recording_id) REFERENCES clip
);
CREATE INDEX recording_hold_by_clip ON recording_hold (device_no, recording_id, class, id);
CREATE TRIGGER recording_hold_is_evidence BEFORE UPDATE OR DELETE ON recording_hold
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Deletion takes two people; what stays is who, why, and the hash of what is gone.
CREATE TABLE recording_deletion (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no    integer NOT NULL,
    recording_id text NOT NULL,
    step         text NOT NULL CHECK (step IN ('asked', 'refused', 'deleted')),
    reason       text NOT NULL,
    tombstone    jsonb NOT NULL DEFAULT '{}',
    sha256       text,                         -- over the tombstone
    at           timestamptz NOT NULL,
    by           text NOT NULL,
    FOREIGN KEY (device_no, recording_id) REFERENCES clip
);
CREATE INDEX recording_deletion_by_clip ON recording_deletion (device_no, recording_id, id);
CREATE TRIGGER recording_deletion_is_evidence BEFORE UPDATE OR DELETE ON recording_deletion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- ── spot checks ───────────────────────────────────────────────────────────────────────────
CREATE TABLE sample_draw (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org, -- for whom it was drawn
    year       smallint NOT NULL,
    seed       text NOT NULL,
    wanted     integer NOT NULL,
    body       jsonb NOT NULL,                 -- strata: how many there were, how many were drawn
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE INDEX sample_draw_by_org ON sample_draw (org_id, year);
CREATE TRIGGER sample_draw_is_evidence BEFORE UPDATE OR DELETE ON sample_draw
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

CREATE TABLE sample (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    draw_id      bigint NOT NULL REFERENCES sample_draw,
    org_id       bigint NOT NULL REFERENCES org,   -- the squad whose recording it is
    month        date NOT NULL,
    device_no    integer NOT NULL,
    recording_id text NOT NULL,
    replaces     bigint UNIQUE REFERENCES sample,
    why          text NOT NULL DEFAULT '',     -- it had to be replaced
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL,
    FOREIGN KEY (device_no, recording_id) REFERENCES clip
);
CREATE UNIQUE INDEX sample_once ON sample (device_no, recording_id);
CREATE INDEX sample_by_draw ON sample (draw_id, id);
CREATE TRIGGER sample_is_evidence BEFORE UPDATE OR DELETE ON sample
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

CREATE TABLE sample_review (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sample_id  bigint NOT NULL REFERENCES sample,
    body       jsonb NOT NULL,                 -- answers of the form
    note       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE INDEX sample_review_by_sample ON sample_review (sample_id, id);
CREATE TRIGGER sample_review_is_evidence BEFORE UPDATE OR DELETE ON sample_review
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- ── a day of a person, in all and by camera: what rates are summed from ────────────────────
CREATE TABLE recording_day (
    day          date NOT NULL,                -- local
    person_id    bigint NOT NULL REFERENCES person,
    device_no    integer NOT NULL,             -- the camera; 0: the person's whole day
    org_id       bigint NOT NULL REFERENCES org,
    clips        integer NOT NULL,
    recorded_s   bigint NOT NULL,              -- union of its clips, gaps left out
    due          integer NOT NULL,             -- clips that ought to be on the archive by now …
    in_time      integer NOT NULL,             -- … and came before their deadline
    linkable     integer NOT NULL,             -- clips of a time in which the person was on a scene …
    linked       integer NOT NULL,             -- … and say of which task, or carry tags
    on_s         integer NOT NULL DEFAULT 0,   -- the camera said that it was on
    speaks       boolean NOT NULL DEFAULT false,  -- it said anything outside a dock
    duty_s       integer NOT NULL DEFAULT 0,   -- the rest only of the whole day: time on duty,
    required     integer NOT NULL DEFAULT 0,   -- scenes that had to be recorded,
    sufficient   integer NOT NULL DEFAULT 0,
    excused      integer NOT NULL DEFAULT 0,
    waiting      integer NOT NULL DEFAULT 0,
    scene_s      double precision NOT NULL DEFAULT 0,
    covered_s    double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (day, person_id, device_no)
);
CREATE INDEX recording_day_by_org ON recording_day (org_id, day);

-- The same by unit, so that a year of a bureau is summed from some thousand rows.
CREATE TABLE recording_unit_day (
    day          date NOT NULL,
    org_id       bigint NOT NULL REFERENCES org,
    on_due       integer NOT NULL,             -- people on duty with a camera that speaks …
    on_met       integer NOT NULL,             -- … for whom it was on as long as it ought to be
    clips        integer NOT NULL,
    recorded_s   bigint NOT NULL,
    duty_s       bigint NOT NULL,
    due          integer NOT NULL,
    in_time      integer NOT NULL,
    linkable     integer NOT NULL,
    linked       integer NOT NULL,
    required     integer NOT NULL,
    sufficient   integer NOT NULL,
    excused      integer NOT NULL,
    waiting      integer NOT NULL,
    scene_s      double precision NOT NULL,
    covered_s    double precision NOT NULL,
    PRIMARY KEY (org_id, day)
);
CREATE INDEX recording_unit_day_by_day ON recording_unit_day (day);

-- Days that are to be counted again.
CREATE TABLE recording_day_dirty (
    day       date NOT NULL,
    person_id bigint NOT NULL REFERENCES person,
    PRIMARY KEY (day, person_id)
);

-- Recordings told before this table was there, once each, by whoever the camera is enrolled for.
-- Whether they came out of a queue was not kept, so their clock is not put right.
INSERT INTO clip (device_no, recording_id, org_id, person_id, start_at, stop_at, offset_ms, gaps,
                  off_reason, task_id, tags, size_bytes, sha256, told_at, uploaded_at, upload_due,
                  fresh)
SELECT DISTINCT ON (r.device_no, r.recording_id)
       r.device_no, r.recording_id, r.org_id, device.person_id, least(r.start_at, r.received_at),
       least(greatest(r.start_at, r.stop_at), r.received_at), 0,
       coalesce(r.detail -> 'gaps', '[]'), '', (r.detail ->> 'task_id')::bigint,
       coalesce((SELECT array_agg(tag) FROM jsonb_array_elements_text(r.detail -> 'tags') tag), '{}'),
       (r.detail ->> 'size')::bigint, lower(r.detail ->> 'sha256'),
       first_value(r.received_at) OVER told,
       CASE WHEN r.detail ? 'uploaded_at' THEN r.received_at END,
       coalesce(r.stop_at, r.start_at) + interval '1 day', false
  FROM recording r
  JOIN device ON device.no = r.device_no
WINDOW told AS (PARTITION BY r.device_no, r.recording_id ORDER BY r.received_at
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
 ORDER BY r.device_no, r.recording_id, r.detail ? 'uploaded_at' DESC, r.received_at DESC;
INSERT INTO recording_day_dirty (day, person_id)
SELECT DISTINCT (start_at AT TIME ZONE 'Asia/Shanghai')::date, person_id FROM clip
 WHERE person_id IS NOT NULL;
