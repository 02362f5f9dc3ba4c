"""Helm, which `helm-python-sdk` has within: no cluster, no network, no program `helm`.

It is built for Linux with glibc and for macOS on ARM. Elsewhere the tests of the chart are left out, and say so.
"""

import pytest

try:
    from helm_python import Chart, HelmError, HelmRenderError, HelmValuesError, lint, package
except ImportError as error:
    pytest.skip(
        f"helm-python-sdk is not installed ({error}): the chart is neither rendered nor checked here",
        allow_module_level=True,
    )

__all__ = ["Chart", "HelmError", "HelmRenderError", "HelmValuesError", "lint", "package"]
