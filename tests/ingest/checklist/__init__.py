"""The forward protocol point by point: a module for each section, through real sockets to decoded events."""
