"""Names of files in the data directory. `docs/storage-format.md` draws the map."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from logstore.model.timespan import NS_PER_DAY, NS_PER_HOUR

FORMAT_FILE = "format"
LOCK_FILE = "lock"
CATALOG_FILE = "catalog.sqlite"

WAL, PARTS, CHUNK_IDS, QUARANTINE, LEASES = "wal", "parts", "chunk-ids", "quarantine", "leases"
DECODE_SETTINGS = "decode-settings"
LEDGER = "ledger"

PART_SUFFIX, INDEX_SUFFIX = ".parquet", ".words"
_SEGMENT_SUFFIX = ".wal"
_SEGMENT_DIGITS = 20
_HOURS_PER_DAY = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def segment_name(first_seq: int) -> str:
    """Name of the log segment that begins with this sequence number."""
    return f"{WAL}/{first_seq:0{_SEGMENT_DIGITS}d}{_SEGMENT_SUFFIX}"


def segment_seq(name: str) -> int | None:
    """The first sequence number that a segment's name tells; None when it is no segment's name."""
    stem = name.removeprefix(f"{WAL}/").removesuffix(_SEGMENT_SUFFIX)
    is_ours = len(stem) == _SEGMENT_DIGITS and stem.isdecimal() and name == segment_name(int(stem))
    return int(stem) if is_ours else None


def part_name(tenant: str, hour: int | None, generation: int, ulid: str) -> str:
    """Name of a part.

    Args:
        tenant: whose events it holds.
        hour: hours since 1970-01-01T00Z, or None for a part that mixes hours.
        generation: the generation that it is sealed with.
        ulid: makes the name unique.
    """
    return f"{PARTS}/{_folder(tenant)}/{_hour_folder(hour)}/{generation}-{ulid}{PART_SUFFIX}"


def spanning_name(tenant: str, time_min_ns: int, time_max_ns: int, generation: int, ulid: str) -> str:
    """Name of a part whose events are of these times: it lies with those of its hour, of its day, or with the mixed."""
    if time_min_ns // NS_PER_HOUR == time_max_ns // NS_PER_HOUR:
        return part_name(tenant, time_min_ns // NS_PER_HOUR, generation, ulid)
    day = time_min_ns // NS_PER_DAY
    folder = _day_folder(day) if day == time_max_ns // NS_PER_DAY else _hour_folder(None)
    return f"{PARTS}/{_folder(tenant)}/{folder}/{generation}-{ulid}{PART_SUFFIX}"


def index_name(part: str) -> str:
    """Name of the word index of the part with this name, which lies beside it."""
    return part.removesuffix(PART_SUFFIX) + INDEX_SUFFIX


def part_generation(name: str) -> int | None:
    """The generation that the name of a part, or of its index, tells; None when it is another name."""
    number, dash, _ = name.rpartition("/")[2].partition("-")
    return int(number) if dash and number.isdecimal() and name.endswith((PART_SUFFIX, INDEX_SUFFIX)) else None


def chunk_ids_name(generation: int) -> str:
    """Name of the file with the chunk ids of a generation."""
    return f"{CHUNK_IDS}/{generation}.ids"


def ledger_name(generation: int) -> str:
    """Name of the ledger of a generation."""
    return f"{LEDGER}/{generation}.parquet"


def quarantine_file_name(generation: int, edition: int) -> str:
    """Name of the file with the chunks in quarantine of a generation; each time that some go it gets a new edition."""
    return f"{QUARANTINE}/{generation}-{edition}{_SEGMENT_SUFFIX}"


def quarantine_edition(name: str) -> int | None:
    """The edition that the name of a file of chunks in quarantine tells; None when it is none's name."""
    generation, dash, edition = name.removeprefix(f"{QUARANTINE}/").removesuffix(_SEGMENT_SUFFIX).partition("-")
    is_ours = bool(dash) and generation.isdecimal() and edition.isdecimal()
    return int(edition) if is_ours and name == quarantine_file_name(int(generation), int(edition)) else None


def decode_settings_name(number: int) -> str:
    """Name of the document of the decode settings with this id."""
    return f"{DECODE_SETTINGS}/{number:014x}.json"


def quarantine_name(name: str, note: str = "") -> str:
    """Where what is wrong with the file `name` is kept."""
    return f"{QUARANTINE}/{name.replace('/', '_')}{note}"


def lease_name(ulid: str) -> str:
    """Name of a reader's lease."""
    return f"{LEASES}/{ulid}.lease"


def _hour_folder(hour: int | None) -> str:
    if hour is None:
        return "mixed"
    return f"{_day_folder(hour // _HOURS_PER_DAY)}/{hour % _HOURS_PER_DAY:02d}"


def _day_folder(day: int) -> str:
    return f"{_EPOCH + timedelta(days=day):%Y-%m-%d}"


def _folder(tenant: str) -> str:
    """A tenant's name as one step of a path: nothing in it can climb out or hide."""
    return quote(tenant, safe="").replace(".", "%2E")
