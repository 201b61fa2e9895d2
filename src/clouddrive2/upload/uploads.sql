-- What was begun, and how it ended. One row per source and destination at one server.
CREATE TABLE IF NOT EXISTS uploads (
    id INTEGER PRIMARY KEY,
    server TEXT NOT NULL,
    source TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    wanted TEXT NOT NULL,          -- destination as asked for
    path TEXT NOT NULL,            -- destination as decided
    device_id TEXT NOT NULL,
    upload_id TEXT,                -- once the server gave one
    route TEXT NOT NULL,
    leftover TEXT NOT NULL DEFAULT '',  -- what the route has to clean up after a kill
    state TEXT NOT NULL,           -- begun, finished, failed, cancelled
    error TEXT NOT NULL DEFAULT '',
    started REAL NOT NULL,
    ended REAL,
    UNIQUE (server, source, wanted)
);
