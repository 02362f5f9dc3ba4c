"""Tests of what `deploy` holds for programs around Logstore."""
