from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class Collector:
    @property
    def blocks(self) -> int: ...
    @property
    def entries(self) -> int: ...
    def end_block(self) -> None: ...
    def encode(self, universe: int, width: int) -> tuple[bytes, list[int]]: ...

class Folded:
    def __init__(self, data: NDArray[np.uint8]) -> None: ...

def add_words(
    collector: Collector, folded: Folded, offsets: NDArray[np.int32], valid: NDArray[np.uint8], seed: int
) -> None: ...
def add_values(
    collector: Collector, data: NDArray[np.uint8], offsets: NDArray[np.int32], valid: NDArray[np.uint8], seed: int
) -> None: ...
def add_grams(
    collector: Collector,
    folded: Folded,
    offsets: NDArray[np.int32],
    valid: NDArray[np.uint8],
    seed: int,
    gram: int,
    window: int,
) -> None: ...
def find(page: bytes | memoryview, wanted: int, width: int, blocks: int) -> Sequence[int]: ...
