"""Running statements: one DuckDB instance, with limits."""
