"""`[compaction]`: how small parts become large ones."""

from __future__ import annotations

from pydantic import Field

from logstore.config.section import MIB, Section


class CompactionSettings(Section):
    """Small parts are merged into large ones in the background, sorted anew and compressed better."""

    enabled: bool = True
    """Whether parts are merged. Without it they stay as many as they were sealed, and hardly compressed."""

    part_rows: int = Field(default=4_000_000, ge=1000)
    """Events of a full part. Larger makes fewer files, and each rewriting for a deletion longer."""

    part_bytes: int = Field(default=256 * MIB, ge=1 * MIB)
    """Bytes of the parts that make a full one, where that is reached before `part_rows`."""

    day_rows: int = Field(default=65_536, ge=1)
    """Events of a day that are worth a part of their own, when parts of several days are split. Fewer make more files
    of a backfill; more let questions of a day read events of other days."""

    settle_s: float = Field(default=900.0, ge=0)
    """Seconds after the end of an hour or a day until its parts are merged. Longer leaves small parts for longer;
    shorter rewrites more of what comes late."""

    memory_bytes: int = Field(default=384 * MIB, ge=16 * MIB)
    """Memory that a merge uses, however large the parts are. With less than four times `storage.seal_bytes` parts are
    read several times, which takes more CPU."""

    busy_share: float = Field(default=0.5, gt=0, le=1)
    """Most of the time that merging works, in one thread. More catches up sooner; less leaves more of the CPU and of
    the disk to intake and queries."""
