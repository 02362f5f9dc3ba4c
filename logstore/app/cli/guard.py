"""How commands end: errors become a message on stderr and an exit code, a closed pipe and Ctrl-C end quietly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from logstore.app.blame import EXIT_INTERRUPTED, verdict
from logstore.app.cli.interrupts import end_at_once, raise_interrupts
from logstore.errors import LogstoreError, QueryError


@contextmanager
def quiet_exit() -> Iterator[None]:
    """Ends the process as the command's errors ask for. Ctrl-C is an exception as long as the command runs."""
    try:
        raise_interrupts()
        yield
        sys.stdout.flush()
    except LogstoreError as error:
        complain(error)
        sys.exit(verdict(error).exit_code)
    except BrokenPipeError:
        # The reader has seen enough.
        give_up_stdout()
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    finally:
        end_at_once()


def give_up_stdout() -> None:
    """Sends stdout nowhere: Python flushes it at exit, and would complain again of what it cannot write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def complain(error: LogstoreError) -> None:
    """Tells an error on stderr."""
    text = error.diagram() if isinstance(error, QueryError) else error.message
    hint = f"\nhint: {error.hint}" if error.hint and not isinstance(error, QueryError) else ""
    print(f"logstore: {text}{hint}", file=sys.stderr)  # noqa: T201 (a command line talks)
