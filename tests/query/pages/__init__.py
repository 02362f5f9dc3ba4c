"""Values counted from the pages of files."""
