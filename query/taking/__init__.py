"""The few first rows of many, taken out of files and batches one by one, without a database."""
