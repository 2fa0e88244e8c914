-- watch --
INSERT INTO recording_watch (task_id, due_at) VALUES (%(task_id)s, %(due_at)s)
    ON CONFLICT (task_id) DO UPDATE SET due_at = least(recording_watch.due_at, excluded.due_at);
