"""Traces of questions and of chunks, for OpenTelemetry.

`seam` and `current` know nothing of it; all else here is imported only when `tracing.endpoint` is set.
"""
