"""Random operations on a store, each compared with a naive model of it."""
