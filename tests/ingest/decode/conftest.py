"""Where no compiler was, what is about the compiled kernel is left out, and says so."""

import importlib.util

_IS_BUILT = importlib.util.find_spec("ingest.decode.kernel") is not None

collect_ignore_glob = [] if _IS_BUILT else ["test_kernel*.py", "test_compiled.py"]


def pytest_report_header():
    """Tells it at the top of each run."""
    if _IS_BUILT:
        return "decode kernel: compiled"
    return "decode kernel: not built, so the tests that hold it against the plain decoder are left out"
