"""Building compiled modules with the sanitizers for addresses and undefined behaviour, where the compiler has them."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[3]

_SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]


def compiler() -> str:
    """The C compiler that Python's extensions are built with."""
    return shlex.split(sysconfig.get_config_var("CC") or "cc")[0]


def library() -> Path | None:
    """The run-time library of the sanitizer for addresses, which has to be loaded before all others; None without."""
    if shutil.which(compiler()) is None:
        return None
    found = subprocess.run([compiler(), "-print-file-name=libasan.so"], capture_output=True, text=True, check=False)
    path = Path(found.stdout.strip())
    return path if path.is_absolute() and path.exists() else None


def build(directory: Path, name: str) -> Path:
    """The module `ingest.decode.<name>` as a shared library of its own in this directory."""
    source, built = directory / f"{name}.c", directory / f"{name}.so"
    cython = [sys.executable, "-m", "cython", "-3", f"ingest/decode/{name}.pyx", "-o", str(source)]
    subprocess.run(cython, cwd=ROOT, check=True)
    include = f"-I{sysconfig.get_path('include')}"
    # Without optimising: that takes longer than it saves, for the time goes to the plain twin.
    build = [compiler(), "-shared", "-fPIC", "-O0", "-g", *_SANITIZE, include, str(source), "-o", str(built)]
    subprocess.run(build, check=True)
    return built


def environment() -> dict[str, str]:
    """For a Python that loads such a library."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LD_PRELOAD": str(library()),
        # Python itself leaves memory behind at its end.
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        # Each object of its own, with guarded bytes around it.
        "PYTHONMALLOC": "malloc",
    }
