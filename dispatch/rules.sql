-- forbidden --
SELECT id, name FROM fence WHERE id = ANY(%(fence_ids)s) AND purpose = 'forbidden';
