"""Object storage: parts and their indexes live there too, and the local disk holds what is new or read often."""
