"""What the server logs of itself: how a line is written, where to, and how much of it is kept in the store."""
