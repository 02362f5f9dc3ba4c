"""The command line. `main` is the program `logstore`; each command is a module, imported when it is run."""

from __future__ import annotations


def main() -> None:
    """Runs the command that the process was started with, and exits."""
    # Everything is imported late, for `logstore --help` to be there at once.
    from logstore.app.cli.commands import app  # noqa: PLC0415
    from logstore.app.cli.guard import quiet_exit  # noqa: PLC0415

    with quiet_exit():
        app(prog_name="logstore")
