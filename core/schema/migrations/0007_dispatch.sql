-- Tasks, who has them, what was sent to devices, and alarms.

CREATE TABLE task (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id       bigint NOT NULL REFERENCES org,
    kind         text NOT NULL,
    title        text NOT NULL,
    instructions text NOT NULL DEFAULT '',
    priority     smallint NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 4),
    lat_deg      double precision,
    lon_deg      double precision,
    deadline     timestamptz,
    deferred_until timestamptz,
    state        text NOT NULL,
    version      integer NOT NULL,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    source       jsonb NOT NULL DEFAULT '{}'   -- the alarm or window it came from
);
CREATE INDEX task_by_state ON task (state, id);
CREATE INDEX task_by_org ON task (org_id, id);
CREATE INDEX task_by_change ON task (changed_at);

-- Apart from the unit's own state: one unit may have several.
CREATE TABLE assignment (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id    bigint NOT NULL REFERENCES task,
    device_no  integer NOT NULL REFERENCES device (no),
    org_id     bigint NOT NULL REFERENCES org,
    state      text NOT NULL,
    ended      boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
-- Two units never own one task.
CREATE UNIQUE INDEX assignment_one_owner ON assignment (task_id) WHERE NOT ended;
CREATE INDEX assignment_by_task ON assignment (task_id, id);
CREATE INDEX assignment_by_device ON assignment (device_no) WHERE NOT ended;

-- Each move of a task, gapless by version. A retried command meets the key.
CREATE TABLE task_move (
    task_id         bigint NOT NULL REFERENCES task,
    version         integer NOT NULL,
    move            text NOT NULL,
    before          text,
    after           text NOT NULL,
    actor           text NOT NULL,
    at              timestamptz NOT NULL,
    known_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    lat_deg         double precision,
    lon_deg         double precision,
    reason          text,
    idempotency_key text,
    PRIMARY KEY (task_id, version)
);
CREATE UNIQUE INDEX task_move_key_once ON task_move (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE TRIGGER task_move_is_evidence BEFORE UPDATE OR DELETE ON task_move
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- What is to be published to devices, written in the transaction that decided it.
CREATE TABLE device_message (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no    integer NOT NULL REFERENCES device (no),
    org_id       bigint NOT NULL REFERENCES org,
    channel      text NOT NULL CHECK (channel IN ('task', 'command')),
    task_id      bigint REFERENCES task,
    body         jsonb NOT NULL,
    queued_at    timestamptz NOT NULL,
    published_at timestamptz,                  -- the broker has it; delivery is the device's ack
    tries        integer NOT NULL DEFAULT 0
);
CREATE INDEX device_message_waiting ON device_message (id) WHERE published_at IS NULL;

CREATE TABLE alarm (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id      bigint NOT NULL REFERENCES org,
    type        text NOT NULL,
    source      text NOT NULL,                 -- device:<no>, point:<id>, ingest:<session>
    device_no   integer REFERENCES device (no),
    priority    smallint NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 4),
    latched     boolean NOT NULL DEFAULT false,
    active      boolean NOT NULL,
    acknowledged boolean NOT NULL DEFAULT false,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    seen        integer NOT NULL DEFAULT 1,
    cleared_at  timestamptz,
    ack_by      text,
    ack_at      timestamptz,
    ack_note    text,
    shelved_until timestamptz,
    shelved_by  text,
    shelved_reason text,
    lat_deg     double precision,
    lon_deg     double precision,
    detail      jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX alarm_unique_while_active ON alarm (source, type) WHERE active;
CREATE INDEX alarm_open ON alarm (id) WHERE active OR NOT acknowledged;
CREATE INDEX alarm_by_time ON alarm (last_at);
