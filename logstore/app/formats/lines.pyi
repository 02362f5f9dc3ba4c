from collections.abc import Callable, Sequence

import pyarrow as pa

def lines(
    batch: pa.RecordBatch, names: Sequence[bytes], forms: bytes, rendered: Callable[[int], pa.StringArray]
) -> bytes: ...
