-- Gas cylinders: numbers beside each event for the rules, declarations, registers, findings.

-- Rules compare names and never read them; 0 and NULL say nothing.
CREATE FUNCTION gas_key(name text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(nullif(name, ''), 0);

-- Total: whatever a scanner says can be stored, and what is no such number says nothing.
CREATE FUNCTION gas_number(told jsonb, scale numeric, most numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(told) = 'number' THEN
           CASE WHEN abs((told #>> '{}')::numeric) <= most
                THEN round((told #>> '{}')::numeric * scale)::bigint END
       END;

-- What an inspector saw, as bits: geo/gas/history.py names them; a test compares them.
CREATE FUNCTION gas_observed(told jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(told) = 'array' THEN nullif(
           (told ? 'damaged')::int + 2 * (told ? 'unreadable')::int
           + 4 * (told ? 'altered')::int + 8 * (told ? 'decanted')::int, 0) END;

ALTER TABLE cylinder_event
    ALTER COLUMN device_no DROP NOT NULL,      -- told by a gas centre, not by a scanner of ours
    ALTER COLUMN seq DROP NOT NULL,
    ALTER COLUMN batch_id DROP NOT NULL,
    ADD COLUMN source text NOT NULL DEFAULT 'mqtt',
    ADD COLUMN code_key    bigint GENERATED ALWAYS AS (gas_key(code)) STORED,
    -- Its place in devices.codec.CylinderType, counted from 1; a test compares them.
    ADD COLUMN kind        smallint GENERATED ALWAYS AS (array_position(ARRAY[
        'register', 'prefill_check', 'fill', 'postfill_check', 'stock_in', 'stock_out', 'load',
        'unload', 'handover', 'deliver', 'user_check', 'return', 'inspect', 'scrap', 'scan',
        'lost', 'found', 'adjust'], type)::smallint) STORED,
    ADD COLUMN site_key    bigint GENERATED ALWAYS AS
        (gas_key(coalesce(detail ->> 'site_id', detail ->> 'station'))) STORED,
    ADD COLUMN user_key    bigint GENERATED ALWAYS AS
        (gas_key(coalesce(detail ->> 'user_id', detail ->> 'from_user'))) STORED,
    ADD COLUMN vehicle_key bigint GENERATED ALWAYS AS (gas_key(detail ->> 'vehicle')) STORED,
    ADD COLUMN courier_key bigint GENERATED ALWAYS AS (gas_key(detail ->> 'courier')) STORED,
    ADD COLUMN from_key    bigint GENERATED ALWAYS AS (gas_key(detail ->> 'from_party')) STORED,
    ADD COLUMN to_key      bigint GENERATED ALWAYS AS (gas_key(detail ->> 'to_party')) STORED,
    ADD COLUMN serial_key  bigint GENERATED ALWAYS AS
        (gas_key(detail ->> 'cylinder_serial')) STORED,
    ADD COLUMN owner_key   bigint GENERATED ALWAYS AS (gas_key(detail ->> 'owner_company')) STORED,
    ADD COLUMN spec_key    bigint GENERATED ALWAYS AS (gas_key(detail ->> 'spec')) STORED,
    ADD COLUMN net_g       bigint GENERATED ALWAYS AS
        (gas_number(detail -> 'net', 1000, 1000000)) STORED,
    ADD COLUMN gross_g     bigint GENERATED ALWAYS AS
        (gas_number(coalesce(detail -> 'gross', detail -> 'weight'), 1000, 1000000)) STORED,
    ADD COLUMN lat_e7      bigint GENERATED ALWAYS AS
        (gas_number(detail -> 'lat', 10000000, 90)) STORED,
    ADD COLUMN lon_e7      bigint GENERATED ALWAYS AS
        (gas_number(detail -> 'lon', 10000000, 180)) STORED,
    ADD COLUMN due_ms      bigint GENERATED ALWAYS AS
        (gas_number(coalesce(detail -> 'next_inspection_due', detail -> 'next_due'), 1,
                    10000000000000)) STORED,
    ADD COLUMN scrap_ms    bigint GENERATED ALWAYS AS
        (gas_number(detail -> 'scrap_due', 1, 10000000000000)) STORED,
    ADD COLUMN observed    bigint GENERATED ALWAYS AS (gas_observed(detail -> 'observed')) STORED;
CREATE INDEX cylinder_event_by_key ON cylinder_event (code_key, at);
CREATE INDEX cylinder_event_by_user ON cylinder_event (user_key, at) WHERE user_key IS NOT NULL;
CREATE INDEX cylinder_event_by_site ON cylinder_event (site_key, at) WHERE site_key IS NOT NULL;
CREATE INDEX cylinder_event_by_vehicle ON cylinder_event (vehicle_key, at)
    WHERE vehicle_key IS NOT NULL;
CREATE INDEX cylinder_event_by_courier ON cylinder_event (courier_key, at)
    WHERE courier_key IS NOT NULL;

CREATE INDEX cylinder_event_seen ON cylinder_event (at) WHERE type = 'scan' AND lat_e7 IS NOT NULL;

-- What was written down and is not so. The record itself stays (EPCIS 2.0, errorDeclaration).
CREATE TABLE cylinder_declaration (
    event_id     uuid PRIMARY KEY REFERENCES cylinder_event,
    reason       text NOT NULL CHECK (reason IN ('did_not_occur', 'incorrect_data')),
    corrected_by uuid[] NOT NULL DEFAULT '{}',
    note         text NOT NULL,
    at           timestamptz NOT NULL,
    by           text NOT NULL
);
CREATE TRIGGER cylinder_declaration_is_evidence BEFORE UPDATE OR DELETE ON cylinder_declaration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Whom the office knows. Entries are added, never changed: the newest of a key counts.
CREATE TABLE gas_register (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text NOT NULL CHECK (kind IN ('company', 'site', 'vehicle', 'courier', 'user')),
    key      text NOT NULL CHECK (key <> ''),
    key_no   bigint NOT NULL GENERATED ALWAYS AS (gas_key(key)) STORED,
    org_id   bigint NOT NULL REFERENCES org,
    body     jsonb NOT NULL,                   -- what geo/gas/registers.py says of its kind
    ended    boolean NOT NULL DEFAULT false,
    added_at timestamptz NOT NULL,
    added_by text NOT NULL
);
CREATE INDEX gas_register_newest ON gas_register (kind, key_no, id DESC);
CREATE INDEX gas_register_by_name ON gas_register (kind, key, id DESC);
CREATE TRIGGER gas_register_is_evidence BEFORE UPDATE OR DELETE ON gas_register
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Thresholds, settling delays and severities that differ from the defaults; the newest counts.
CREATE TABLE gas_policy (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body     jsonb NOT NULL,
    added_at timestamptz NOT NULL,
    added_by text NOT NULL
);
CREATE TRIGGER gas_policy_is_evidence BEFORE UPDATE OR DELETE ON gas_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- What is to be judged again, and when: something settles, or a register changed.
CREATE TABLE gas_watch (
    subject text NOT NULL,                     -- cylinder, user, courier
    key     text NOT NULL,
    due_at  timestamptz NOT NULL,
    PRIMARY KEY (subject, key)
);
CREATE INDEX gas_watch_due ON gas_watch (due_at);

CREATE TABLE gas_finding (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule         text NOT NULL,
    variant      text NOT NULL,
    version      smallint NOT NULL,
    subject      text NOT NULL,                -- what kind of thing it is about …
    key          text NOT NULL,                -- … and which
    anchor       text NOT NULL,                -- the event it hangs on
    other        text,                         -- and one that bears it out
    org_id       bigint NOT NULL REFERENCES org,
    severity     text NOT NULL,
    since        timestamptz NOT NULL,
    until        timestamptz,
    value        double precision,
    detail       jsonb NOT NULL DEFAULT '{}',
    lat_deg      double precision,
    lon_deg      double precision,
    raised_at    timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'new'
                 CHECK (state IN ('new', 'verified', 'dispatched', 'closed')),
    outcome      text CHECK (outcome IN ('confirmed', 'false', 'unknown')),
    withdrawn_at timestamptz,
    withdrawn    text,                         -- why
    task_id      bigint REFERENCES task,
    UNIQUE (subject, key, rule, variant, anchor),
    CHECK ((state = 'closed') = (outcome IS NOT NULL))
);
CREATE INDEX gas_finding_open ON gas_finding (org_id, id) WHERE withdrawn_at IS NULL;
CREATE INDEX gas_finding_by_key ON gas_finding (key);
CREATE INDEX gas_finding_by_task ON gas_finding (task_id) WHERE task_id IS NOT NULL;

-- Tasks made for a cylinder, and for the household that has it.
CREATE INDEX task_by_cylinder ON task ((source ->> 'code')) WHERE source ->> 'kind' = 'gas';

-- What the last sweep of each share of all cylinders counted.
CREATE TABLE gas_rate (
    share    smallint PRIMARY KEY,
    at       timestamptz NOT NULL,
    events   bigint NOT NULL,
    at_users bigint NOT NULL,
    missing  bigint NOT NULL,
    body     jsonb NOT NULL
);

-- Its life: raised, withdrawn, raised again, verified, dispatched, closed.
CREATE TABLE gas_finding_move (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finding_id bigint NOT NULL REFERENCES gas_finding,
    move       text NOT NULL,
    at         timestamptz NOT NULL,
    by         text NOT NULL,
    reason     text NOT NULL DEFAULT '',
    body       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX gas_finding_move_of ON gas_finding_move (finding_id, id);
CREATE TRIGGER gas_finding_move_is_evidence BEFORE UPDATE OR DELETE ON gas_finding_move
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
