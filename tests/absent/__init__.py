"""Packages that the product must not need: found here first, they are as if they were not installed."""
