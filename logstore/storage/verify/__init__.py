"""Whether what is stored is what was written: before it is read, now and then, and when somebody asks."""
