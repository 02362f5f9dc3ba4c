"""Settings: everything about a server that its operator may choose.

`settings` is all of them, a table of the configuration file in a module each; `load` says where values come from.
Each setting has a unit in its name and its reason in its description, the text under it; `docs/settings.md` repeats
them, and a test compares the two.
"""
