"""What a query means, apart from how it was written and from what will run it."""
