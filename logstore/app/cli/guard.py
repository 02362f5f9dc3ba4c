"""How commands end: errors become a message on stderr and an exit code, a closed pipe and Ctrl-C end quietly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from logstore.app.blame import EXIT_INTERRUPTED, verdict
from logstore.errors import LogstoreError, QueryError


@contextmanager
def quiet_exit() -> Iterator[None]:
    """Ends the process as its errors ask for."""
    try:
        yield
        sys.stdout.flush()
    except LogstoreError as error:
        complain(error)
        sys.exit(verdict(error).exit_code)
    except BrokenPipeError:
        # The reader has seen enough. Python flushes stdout at exit and would complain then: give it another place.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def complain(error: LogstoreError) -> None:
    """Tells an error on stderr."""
    text = error.diagram() if isinstance(error, QueryError) else error.message
    hint = f"\nhint: {error.hint}" if error.hint and not isinstance(error, QueryError) else ""
    print(f"logstore: {text}{hint}", file=sys.stderr)  # noqa: T201 (a command line talks)
