"""Answers: what a query yields, as Arrow batches and facts."""
