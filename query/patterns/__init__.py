"""Templates of log lines: which lines are one, but for the values in them?"""
