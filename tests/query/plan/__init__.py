"""Plans: lowering, rules, pruning, slices."""
