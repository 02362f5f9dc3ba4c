"""Where no compiler was, what is about the compiled kernel is left out; so is the fuzzing without sanitizers."""

import importlib.util

from tests.ingest.decode import sanitizers

_IS_BUILT = importlib.util.find_spec("ingest.decode.kernel") is not None

collect_ignore_glob = [] if _IS_BUILT else ["test_kernel*.py", "test_compiled.py"]


def pytest_report_header():
    """Tells it at the top of each run."""
    if not _IS_BUILT:
        return "decode kernel: not built, so the tests that hold it against the plain decoder are left out"
    if sanitizers.library() is None:
        return f"decode kernel: not fuzzed, because the compiler {sanitizers.compiler()} has no libasan"
    return "decode kernel: compiled"
