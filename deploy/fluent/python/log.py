"""Python's logging to Logstore, with fluent-logger: `pip install fluent-logger`, then `python log.py [HOST [PORT]]`.

It sends from a thread of its own and asks for no acknowledgements: what is in its queue is lost with the process. Where
that matters send to a Fluentd or Fluent Bit on the same machine, which keeps it in files.
"""

import logging
import sys

from fluent.asynchandler import FluentHandler
from fluent.handler import FluentRecordFormatter


def main(host: str = "127.0.0.1", port: str = "24224") -> None:
    """Logs two lines, one of them with a field of its own."""
    handler = FluentHandler(
        "app.python",
        host=host,
        port=int(port),
        # Events of the same second stay in their order.
        nanosecond_precision=True,
        # Lines that wait while the server is away; what comes above it is dropped, so that the program never waits.
        queue_maxsize=10_000,
        queue_circular=True,
    )
    # `level` and `message` are what Logstore looks for; the rest are fields of their own.
    handler.setFormatter(
        FluentRecordFormatter({"level": "%(levelname)s", "logger": "%(name)s", "file": "%(pathname)s:%(lineno)d"})
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    log = logging.getLogger("shop")
    log.info({"message": "the program has started"})
    log.warning({"message": "payment refused", "order": 4711})
    # Waits until all has been sent.
    handler.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
