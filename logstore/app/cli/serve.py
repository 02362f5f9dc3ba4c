"""`logstore serve`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from logstore.app import environment
from logstore.app.lifecycle import serve
from logstore.config.load import load_settings, misspelt_variables

_log = logging.getLogger(__name__)


def run(config: Path | None, flags: Mapping[str, str | None]) -> None:
    """Runs a server with the settings in force."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    variables = environment.variables()
    for name, meant in misspelt_variables(variables).items():
        _log.warning("the environment variable %s is no setting; did you mean %s?", name, meant)
    serve(load_settings(config, flags, variables))
