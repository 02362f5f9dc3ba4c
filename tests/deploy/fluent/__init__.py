"""What senders are told: configurations for Fluentd, Fluent Bit and Docker, and programs that log."""
