-- Hashes of local files, so that an unchanged file is not read again. One row per file and kind of hash.
CREATE TABLE IF NOT EXISTS hashes (
    path BLOB NOT NULL,            -- as the file system has it; names need not be text
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    used REAL NOT NULL,            -- when it was last of use, to the day
    PRIMARY KEY (path, kind)
) WITHOUT ROWID;
