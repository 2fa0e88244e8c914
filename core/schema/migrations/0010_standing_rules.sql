-- Rules that time drives: what must not be so for longer than …
-- A rule is never edited: another takes its place, so that an alarm can be explained later.
CREATE TABLE standing_rule (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL REFERENCES org,
    kind       text NOT NULL CHECK (kind IN ('area_void', 'post_left', 'task_ageing', 'welfare')),
    name       text NOT NULL,
    priority   smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    body       jsonb NOT NULL,                 -- what dispatch/standing.py says of it
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX standing_rule_by_org ON standing_rule (org_id) WHERE ended_at IS NULL;
