"""Data that released versions of Logstore have written, which must stay readable."""
