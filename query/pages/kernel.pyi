from collections.abc import Collection
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_Column: TypeAlias = tuple[bytes, int, int, int, int, int, int, bool]

def footer(
    content: bytes, row_groups: Collection[int]
) -> tuple[list[tuple[bytes, int, int]], dict[int, list[_Column]]]: ...
def pages(chunk: bytes, rows: int) -> list[tuple[int, int, int, int, int]] | None: ...
def count(
    page: bytes | memoryview,
    rows: int,
    optional: bool,
    kept: NDArray[np.int32] | None,
    first: int,
    counts: NDArray[np.int64] | None,
) -> int: ...
def texts(content: bytes | memoryview, counts: NDArray[np.int64]) -> tuple[list[str], list[int]]: ...
