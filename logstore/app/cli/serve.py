"""`logstore serve`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from logstore.app import environment
from logstore.app.blame import verdict
from logstore.app.lifecycle import serve
from logstore.app.own_log.output import log_to_stderr
from logstore.app.stoppable_start import Start
from logstore.config.load import load_settings, misspelt_variables
from logstore.errors import LogstoreError

_log = logging.getLogger(__name__)


def run(config: Path | None, flags: Mapping[str, str | None], start: Start) -> None:
    """Runs a server with the settings in force."""
    variables = environment.variables()
    settings = load_settings(config, flags, variables)
    log_to_stderr(settings.log)
    for name, meant in misspelt_variables(variables).items():
        _log.warning("the environment variable %s is no setting; did you mean %s?", name, meant)
    if settings.log.format == "text":
        serve(settings, start)
        return
    # Programs that read the log read how it ended too.
    try:
        serve(settings, start)
    except LogstoreError as error:
        _log.critical("%s%s", error.message, f"; {error.hint}" if error.hint else "")
        sys.exit(verdict(error).exit_code)
    except Exception as error:  # noqa: BLE001 (whatever it was, it ends here)
        _log.critical("a bug of ours ended the server", exc_info=True)
        sys.exit(verdict(error).exit_code)
