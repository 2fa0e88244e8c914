-- The record: everything that happened, in the order it became known.
CREATE TABLE event (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL,
    at        timestamptz NOT NULL,                              -- when it happened
    known_at  timestamptz NOT NULL DEFAULT clock_timestamp(),    -- when we learned it
    org_id    bigint NOT NULL REFERENCES org,
    device_no integer REFERENCES device (no),
    task_id   bigint,
    actor     text,
    body      jsonb NOT NULL
);
CREATE INDEX event_by_task ON event (task_id, id) WHERE task_id IS NOT NULL;
CREATE INDEX event_by_device ON event (device_no, at) WHERE device_no IS NOT NULL;
CREATE INDEX event_by_kind ON event (kind, id);
CREATE TRIGGER event_is_evidence BEFORE UPDATE OR DELETE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Scheduled work is single because its slot is.
CREATE TABLE job_fire (
    job      text NOT NULL,
    slot     timestamptz NOT NULL,
    fired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, slot)
);
