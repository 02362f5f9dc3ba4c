"""From a logical plan to DuckDB SQL: pure text making, no database in sight."""
