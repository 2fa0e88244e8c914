-- session_key --
-- Part of the sessions' names, so that no device can take one over by guessing it.
WITH made AS (
    INSERT INTO installation (name, value)
    VALUES ('ingest_session_key', replace(gen_random_uuid()::text, '-', ''))
        ON CONFLICT (name) DO NOTHING
    RETURNING value
)
SELECT value FROM made
UNION ALL
SELECT value FROM installation WHERE name = 'ingest_session_key'
 LIMIT 1;

-- has_batches --
SELECT 1 FROM batch WHERE session_no = %(session_no)s LIMIT 1;

-- root_org --
SELECT id FROM org WHERE parent_id IS NULL ORDER BY id LIMIT 1;

-- prune_batches --
-- Bookkeeping only: readings keep their batch number for ever.
DELETE FROM batch
 WHERE received_at < %(before)s
   AND no < (SELECT batch_no FROM follower_cursor WHERE session_no = batch.session_no)
   AND no < (SELECT max(no) FROM batch newest WHERE newest.session_no = batch.session_no);
