"""Programs that show and measure: run as modules, from the top of the repository."""
