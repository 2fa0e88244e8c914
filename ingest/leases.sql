-- limit_waiting --
-- Waiting for one locked lease must not cost the others.
SELECT set_config('lock_timeout', '1s', false);

-- take_session --
-- Free, expired or already ours: the epoch grows, so whoever had it is fenced off.
INSERT INTO ingest_lease (session_no, sessions, owner, epoch, until_at)
VALUES (%(session_no)s, %(sessions)s, %(owner)s, 1, clock_timestamp() + %(lease)s)
    ON CONFLICT (session_no) DO UPDATE
   SET owner = excluded.owner, sessions = excluded.sessions,
       epoch = ingest_lease.epoch + 1, until_at = excluded.until_at
 WHERE ingest_lease.until_at < clock_timestamp()
RETURNING epoch;

-- renew_session --
UPDATE ingest_lease
   SET until_at = clock_timestamp() + %(lease)s
 WHERE session_no = %(session_no)s AND epoch = %(epoch)s
RETURNING epoch;

-- give_up_session --
UPDATE ingest_lease
   SET until_at = '-infinity'
 WHERE session_no = %(session_no)s AND epoch = %(epoch)s;

-- other_division --
-- A live process that divides the parts differently would take some of them twice.
SELECT owner, sessions
  FROM ingest_lease
 WHERE sessions <> %(sessions)s AND until_at >= clock_timestamp()
 LIMIT 1;

-- see_worker --
INSERT INTO ingest_worker (owner, seen_at) VALUES (%(owner)s, clock_timestamp())
    ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at;

-- forget_workers --
DELETE FROM ingest_worker WHERE owner = %(owner)s OR seen_at < clock_timestamp() - interval '1 hour';

-- live_workers --
SELECT count(*) FROM ingest_worker WHERE seen_at >= clock_timestamp() - %(lease)s;

-- make_cursor --
INSERT INTO follower_cursor (session_no, batch_no) VALUES (%(session_no)s, 0)
    ON CONFLICT DO NOTHING;

-- take_cursor --
-- Whoever judges holds the row, however long it takes: two who are slow would otherwise take
-- it from each other for ever.
UPDATE follower_cursor
   SET owner = %(owner)s, epoch = epoch + 1, until_at = clock_timestamp() + %(lease)s
 WHERE session_no = (SELECT session_no FROM follower_cursor
                      WHERE session_no = %(session_no)s AND until_at < clock_timestamp()
                        FOR UPDATE SKIP LOCKED)
RETURNING epoch, batch_no;

-- hold_cursor --
SELECT 1 FROM follower_cursor
 WHERE session_no = %(session_no)s AND epoch = %(epoch)s
   FOR UPDATE;

-- renew_cursor --
UPDATE follower_cursor
   SET until_at = clock_timestamp() + %(lease)s
 WHERE session_no = %(session_no)s AND epoch = %(epoch)s
RETURNING epoch;

-- give_up_cursor --
UPDATE follower_cursor
   SET until_at = '-infinity'
 WHERE session_no = %(session_no)s AND epoch = %(epoch)s;

-- move_cursor --
-- In the transaction of the judgement; no row means another follower owns it now.
UPDATE follower_cursor
   SET batch_no = %(batch_no)s, until_at = clock_timestamp() + %(lease)s
 WHERE session_no = %(session_no)s AND epoch = %(epoch)s AND batch_no < %(batch_no)s
RETURNING epoch;
