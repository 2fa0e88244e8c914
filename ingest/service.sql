-- has_batches --
SELECT 1 FROM batch WHERE session_no = %(session_no)s LIMIT 1;

-- root_org --
SELECT id FROM org WHERE parent_id IS NULL ORDER BY id LIMIT 1;
