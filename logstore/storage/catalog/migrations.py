"""The catalog's tables, as the steps that led to them. A released step is never changed; a new one is added."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE generations (
            number     INTEGER PRIMARY KEY,
            first_seq  INTEGER NOT NULL,
            end_seq    INTEGER NOT NULL,  -- replay of the log starts at the largest one
            rows       INTEGER NOT NULL,
            rejected   INTEGER NOT NULL,
            sealed_ns  INTEGER NOT NULL   -- UTC nanoseconds
        ) STRICT
        """,
        """
        CREATE TABLE column_schemas (
            id       INTEGER PRIMARY KEY,
            columns  TEXT NOT NULL UNIQUE  -- JSON: [[column, field, kind], ...], in the order of the file
        ) STRICT
        """,
        """
        CREATE TABLE parts (
            name         TEXT PRIMARY KEY,  -- relative to the data directory
            generation   INTEGER NOT NULL REFERENCES generations (number),
            tenant       TEXT NOT NULL,
            rows         INTEGER NOT NULL,
            bytes        INTEGER NOT NULL,
            time_min_ns  INTEGER NOT NULL,  -- true span of `time`, inclusive; the name never says it
            time_max_ns  INTEGER NOT NULL,
            seq_min      INTEGER NOT NULL,
            seq_max      INTEGER NOT NULL,
            schema_id    INTEGER NOT NULL REFERENCES column_schemas (id),
            has_more     INTEGER NOT NULL,
            tags         TEXT,              -- JSON array when the tags are few
            row_groups   BLOB NOT NULL      -- four little-endian int64 each: first row, rows, smallest and largest time
        ) STRICT
        """,
        "CREATE INDEX parts_by_generation ON parts (generation)",
        """
        CREATE TABLE chunk_ids (
            name        TEXT PRIMARY KEY,   -- relative to the data directory
            generation  INTEGER NOT NULL REFERENCES generations (number),
            records     INTEGER NOT NULL,
            sealed_ns   INTEGER NOT NULL
        ) STRICT
        """,
    ),
    (
        """
        CREATE TABLE ledger_files (
            name         TEXT PRIMARY KEY,  -- relative to the data directory
            generation   INTEGER NOT NULL REFERENCES generations (number),
            rows         INTEGER NOT NULL,
            bytes        INTEGER NOT NULL,
            time_min_ns  INTEGER NOT NULL,  -- when the first of its chunks was received
            time_max_ns  INTEGER NOT NULL,
            sealed_ns    INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE quarantine_files (
            name        TEXT PRIMARY KEY,   -- relative to the data directory
            generation  INTEGER NOT NULL REFERENCES generations (number),
            chunks      INTEGER NOT NULL,
            bytes       INTEGER NOT NULL,
            sealed_ns   INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE quarantine (
            seq            INTEGER PRIMARY KEY,
            file           TEXT NOT NULL REFERENCES quarantine_files (name) ON DELETE CASCADE,
            offset         INTEGER NOT NULL,
            size           INTEGER NOT NULL,
            received_ns    INTEGER NOT NULL,
            tag            TEXT NOT NULL,
            listener       TEXT NOT NULL,
            sender         TEXT NOT NULL,
            mode           INTEGER NOT NULL,
            compression    INTEGER NOT NULL,
            chunk_id       BLOB,
            payload_bytes  INTEGER NOT NULL,
            rows           INTEGER NOT NULL,
            reasons        TEXT NOT NULL    -- JSON object: events by reason
        ) STRICT
        """,
        "CREATE INDEX quarantine_by_file ON quarantine (file)",
    ),
    (
        # Parts that others were rewritten into are committed as generations too, of an empty range of the log.
        "ALTER TABLE generations ADD COLUMN rewritten INTEGER NOT NULL DEFAULT 0",  # parts that they took the place of
        "ALTER TABLE parts ADD COLUMN level INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE parts ADD COLUMN index_bytes INTEGER",  # size of its word index, NULL when it has none
        "ALTER TABLE parts ADD COLUMN checksums BLOB",  # NULL for parts that were written without
        "ALTER TABLE ledger_files ADD COLUMN crc INTEGER",  # CRC-32C of the file; NULL for those written without
        "ALTER TABLE parts ADD COLUMN unfit TEXT",  # why nothing is read from it; NULL for those that are sound
        """
        CREATE TABLE deletions (
            number   INTEGER PRIMARY KEY,
            tenant   TEXT NOT NULL,
            search   TEXT NOT NULL,
            from_ns  INTEGER,             -- NULL: open
            to_ns    INTEGER,             -- exclusive; NULL: open
            seq      INTEGER NOT NULL,    -- only events up to this one
            made_ns  INTEGER NOT NULL,
            made_by  TEXT NOT NULL,       -- "api", or the retention rule that it came of
            state    TEXT NOT NULL,       -- "active", "undone", or "done": no file holds such rows any more
            ended_ns INTEGER              -- when it was undone or done
        ) STRICT
        """,
        """
        CREATE TABLE deleted_rows (
            part      TEXT NOT NULL REFERENCES parts (name) ON DELETE CASCADE,
            deletion  INTEGER NOT NULL REFERENCES deletions (number) ON DELETE CASCADE,
            count     INTEGER NOT NULL,
            rows      BLOB NOT NULL,
            PRIMARY KEY (part, deletion)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE retired_files (
            name        TEXT PRIMARY KEY,  -- was rewritten, and is removed when nobody can be reading it any more
            retired_ns  INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE remote_store (
            id          TEXT PRIMARY KEY,  -- stands in the store too, so that two directories never share one
            url         TEXT NOT NULL,
            claimed_ns  INTEGER NOT NULL
        ) STRICT
        """,
        # A row is there before its object is, and goes after it: nothing is ever forgotten in the store.
        """
        CREATE TABLE remote_files (
            name       TEXT PRIMARY KEY,  -- in the data directory, and of the object
            begun_ns   INTEGER NOT NULL,  -- when it was to be uploaded
            bytes      INTEGER,           -- NULL, as those that follow, until it is there and verified
            crc32c     INTEGER,
            stored_ns  INTEGER            -- when it was
        ) STRICT
        """,
    ),
)
