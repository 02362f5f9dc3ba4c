"""The image for containers, and the Compose file around it."""
