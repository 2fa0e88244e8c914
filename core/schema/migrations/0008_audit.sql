-- Who looked at what and who changed what, apart from the events of the field.
CREATE TABLE audit (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    org_id bigint REFERENCES org,
    actor  text NOT NULL,
    ip     text,
    action text NOT NULL,
    object text,
    body   jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_time ON audit (at);
CREATE TRIGGER audit_is_evidence BEFORE UPDATE OR DELETE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
