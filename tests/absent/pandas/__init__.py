"""Not there: pyarrow takes pandas wherever it finds it, and behaves otherwise then."""

raise ImportError("pandas is kept out of the tests, but for those of to_pandas")
