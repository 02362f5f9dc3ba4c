"""What a part says of itself in its Parquet metadata, under the key `logstore`. The docs draw the format."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from logstore.errors import CorruptionError
from logstore.model.schema import MORE, Column, Kind
from logstore.model.snapshot import Part, RowGroup

VERSION = 1
METADATA_KEY = b"logstore"

_TIME_COLUMN = 0
"""`time` is the first of the fixed columns."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the metadata of a part holds beyond what Parquet itself says.

    Attributes:
        generation, tenant, tags, columns: see `logstore.model.snapshot.Part`.
        seq, time: the spans (first, last), inclusive.
    """

    generation: int
    tenant: str
    seq: tuple[int, int]
    time: tuple[int, int]
    tags: tuple[str, ...] | None
    columns: tuple[Column, ...]


def encode_label(label: Label) -> bytes:
    """The label as JSON."""
    fields = asdict(label)
    fields["columns"] = [[column.name, column.field, column.kind.value] for column in label.columns]
    return orjson.dumps({"version": VERSION, **fields})


def decode_label(data: bytes, path: str) -> Label:
    """Reads what `encode_label` wrote.

    Raises:
        CorruptionError: it is something else, or of a newer version.
    """
    try:
        fields: dict[str, Any] = orjson.loads(data)
        version = fields["version"]
        if version == VERSION:
            return _label(fields)
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptionError("the metadata `logstore` cannot be read", path) from error
    raise CorruptionError(f"part version {version} is unknown, this is version {VERSION}", path)


def read_part(source: pa.Buffer | str, path: str, size: int) -> Part:
    """The part in a Parquet file, from its footer alone.

    Args:
        source: the whole file, or where to find it.
        path: goes into the result.
        size: bytes of the file.

    Raises:
        CorruptionError: the file is no part of ours.
    """
    try:
        metadata = pq.read_metadata(pa.BufferReader(source) if isinstance(source, pa.Buffer) else source)
    except (OSError, pa.ArrowException) as error:
        raise CorruptionError(f"the footer cannot be read: {error}", path) from error
    return describe_part(metadata, path, size)


def describe_part(metadata: pq.FileMetaData, path: str, size: int) -> Part:
    """The part of a Parquet file whose footer is at hand; see `read_part`.

    Raises:
        CorruptionError: the file is no part of ours.
    """
    label = decode_label((metadata.metadata or {}).get(METADATA_KEY, b""), path)
    return Part(
        path=path,
        generation=label.generation,
        rows=metadata.num_rows,
        bytes=size,
        time_min_ns=label.time[0],
        time_max_ns=label.time[1],
        seq_min=label.seq[0],
        seq_max=label.seq[1],
        columns=label.columns,
        has_more=MORE in metadata.schema.to_arrow_schema().names,
        tags=label.tags,
        row_groups=_row_groups(metadata),
        tenant=label.tenant,
    )


def _label(fields: dict[str, Any]) -> Label:
    tags = fields["tags"]
    return Label(
        generation=int(fields["generation"]),
        tenant=str(fields["tenant"]),
        seq=(int(fields["seq"][0]), int(fields["seq"][1])),
        time=(int(fields["time"][0]), int(fields["time"][1])),
        tags=None if tags is None else tuple(tags),
        columns=tuple(Column(name, field, Kind(kind)) for name, field, kind in fields["columns"]),
    )


def _row_groups(metadata: pq.FileMetaData) -> tuple[RowGroup, ...]:
    groups = []
    first_row = 0
    for place in range(metadata.num_row_groups):
        group = metadata.row_group(place)
        times = group.column(_TIME_COLUMN).statistics
        groups.append(RowGroup(first_row, group.num_rows, int(times.min_raw), int(times.max_raw)))
        first_row += group.num_rows
    return tuple(groups)
