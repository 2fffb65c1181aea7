-- How far the queue of each partition is counted, as the workers that hold them tell.

CREATE TABLE partition_progress (
    partition     integer     PRIMARY KEY,
    counted_until timestamptz, -- what was accepted before is counted; NULL: not known yet
    waiting       bigint,      -- messages, when it was noted
    noted_at      timestamptz, -- when its holder told; NULL: none has yet
    seen_at       timestamptz NOT NULL -- when some worker last saw that there is such a partition
) WITH (fillfactor = 50);
