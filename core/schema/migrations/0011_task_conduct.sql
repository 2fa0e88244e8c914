-- What a kind of task asks for, how long an offer stands, and how overdue work is chased.

-- Rules are added, never changed: the newest of a kind counts, and what counted when stays told.
CREATE TABLE task_kind (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL,                  -- what task.kind says
    body       jsonb NOT NULL,                 -- what dispatch/conduct.py says of it
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE INDEX task_kind_newest ON task_kind (kind, id);
CREATE TRIGGER task_kind_is_evidence BEFORE UPDATE OR DELETE ON task_kind
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

CREATE TABLE task_policy (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE TRIGGER task_policy_is_evidence BEFORE UPDATE OR DELETE ON task_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

ALTER TABLE task
    ADD COLUMN starts_at         timestamptz,  -- scheduled work: offered from here on
    ADD COLUMN deadline_workdays smallint,     -- the deadline was set in working days
    ADD COLUMN deferred_at       timestamptz,
    ADD COLUMN first_report_due  timestamptz,  -- of two-report tasks
    ADD COLUMN first_report_at   timestamptz,
    ADD COLUMN contacted_at      timestamptz,  -- 先行联系
    ADD COLUMN resolved_at       timestamptz,
    ADD COLUMN reported_at       timestamptz,
    ADD COLUMN closed_at         timestamptz,
    -- The endings are those of dispatch/tasks.py; a test compares them.
    ADD COLUMN is_open           boolean NOT NULL
        GENERATED ALWAYS AS (state NOT IN ('closed', 'rejected', 'cancelled')) STORED;
CREATE INDEX task_open ON task (org_id, id) WHERE is_open;
CREATE INDEX task_by_deadline ON task (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX task_by_start ON task (starts_at) WHERE starts_at IS NOT NULL;

-- Photos and sounds a unit names with its answer.
ALTER TABLE device_ack ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';

-- How often the device was told without an answer; the offer itself is as it was.
ALTER TABLE assignment ADD COLUMN told_again smallint NOT NULL DEFAULT 0;

-- Evidence: a photo or a sound, with its digest. Kept whole where it was sent here, by its
-- address where somebody else keeps it.
CREATE TABLE task_attachment (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id    bigint NOT NULL REFERENCES task,
    kind       text NOT NULL CHECK (kind IN ('photo', 'sound', 'document')),
    name       text NOT NULL,
    media_type text NOT NULL,
    sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size       bigint NOT NULL,
    body       bytea,
    uri        text,
    added_at   timestamptz NOT NULL,
    added_by   text NOT NULL,
    CHECK ((body IS NULL) <> (uri IS NULL))
);
CREATE UNIQUE INDEX task_attachment_once ON task_attachment (task_id, sha256);
CREATE TRIGGER task_attachment_is_evidence BEFORE UPDATE OR DELETE ON task_attachment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- 催办, 督办 and what follows: each step is a document with a number (domain reference G.5).
CREATE TABLE supervision (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id    bigint NOT NULL REFERENCES task,
    org_id     bigint NOT NULL REFERENCES org,
    step       text NOT NULL,
    year       smallint NOT NULL,
    number     integer NOT NULL,
    due_since  timestamptz,                    -- the deadline that passed; null: by a person
    at         timestamptz NOT NULL,
    by         text NOT NULL,
    reason     text NOT NULL,
    UNIQUE (step, year, number)
);
-- The clock takes each step of one missed deadline once.
CREATE UNIQUE INDEX supervision_step_once ON supervision (task_id, step, due_since)
    WHERE due_since IS NOT NULL;
CREATE INDEX supervision_by_task ON supervision (task_id, id);
CREATE INDEX supervision_by_time ON supervision (at);
CREATE TRIGGER supervision_is_evidence BEFORE UPDATE OR DELETE ON supervision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Complaints that come from outside, each the beginning of one task.
CREATE TABLE ticket (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system           text NOT NULL,            -- 12345, 城运中心, …
    external_id      text NOT NULL,
    org_id           bigint NOT NULL REFERENCES org,
    task_id          bigint NOT NULL UNIQUE REFERENCES task,
    subject          text NOT NULL,
    content          text NOT NULL DEFAULT '',
    caller           text,                     -- masked before it comes here
    address          text,
    received_at      timestamptz NOT NULL,     -- by the other system
    contact_due      timestamptz,              -- null: nobody asked to be called
    taken_at         timestamptz NOT NULL,
    UNIQUE (system, external_id)
);
CREATE INDEX ticket_by_time ON ticket (received_at);
CREATE INDEX ticket_by_subject ON ticket (subject, received_at);

-- 回访: what the citizen said when called back. The newest counts.
CREATE TABLE ticket_callback (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES ticket,
    answered  boolean NOT NULL,
    solved    boolean,
    satisfied boolean,
    note      text NOT NULL DEFAULT '',
    at        timestamptz NOT NULL,
    by        text NOT NULL,
    CHECK (answered OR (solved IS NULL AND satisfied IS NULL))
);
CREATE INDEX ticket_callback_by_ticket ON ticket_callback (ticket_id, id);
CREATE TRIGGER ticket_callback_is_evidence BEFORE UPDATE OR DELETE ON ticket_callback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

ALTER TABLE standing_rule DROP CONSTRAINT standing_rule_kind_check;
ALTER TABLE standing_rule ADD CONSTRAINT standing_rule_kind_check CHECK
    (kind IN ('area_void', 'post_left', 'task_ageing', 'welfare', 'no_movement'));

-- What people look for in the past: the ticks of the time machine, the measures of alarms.
CREATE INDEX event_called ON event (at)
    WHERE kind IN ('alarm.raised', 'alarm.repeated', 'task.created');
