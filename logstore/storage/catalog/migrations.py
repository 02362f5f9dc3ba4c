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
)
