"""SQL of strangers: checked as a syntax tree, bound to a snapshot, run behind a fence."""
