"""Backups: a store at one instant, kept elsewhere, of files that several backups share."""
