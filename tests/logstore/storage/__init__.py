"""Tests of the storage engine, and the doubles they share: a faulty directory, a strict decoder, a manual clock."""
