-- The duplicate key carries what a track shows, so that a unit's day is read from the index alone:
-- positions of all units arrive mixed, and a day of one lies on as many pages as it has fixes.
CREATE UNIQUE INDEX position_track ON position (device_no, at, seq)
    INCLUDE (lat_e7, lon_e7, spd_cms, acc_dm, flags);
DROP INDEX position_once;
ALTER INDEX position_track RENAME TO position_once;
