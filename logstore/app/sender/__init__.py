"""A small sender of the Fluentd forward protocol with acknowledgements, for `logstore send` and the demonstration."""
