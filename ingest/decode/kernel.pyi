import pyarrow as pa

from ingest.decode.settings import DecodeSettings
from logstore.model.schema import Kind

WHOLE: int
DECLINED: int

class Kernel:
    def __init__(self, settings: DecodeSettings) -> None: ...
    @property
    def row_count(self) -> int: ...
    def decode(self, mode: int, payload: bytes, seq: int, bound: int, tag: bytes) -> int: ...
    def take(self) -> tuple[int, dict[tuple[str, Kind], pa.Array], dict[str, int]]: ...
