"""Parts: sealed Parquet files that any engine reads."""
