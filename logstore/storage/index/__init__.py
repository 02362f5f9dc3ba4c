"""The word index: which row groups of a part may hold a word, a value or a piece of text."""
