from ingest.decode.transcoded import Transcoded

def transcode(
    data: bytes, tag: bytes, time_keys: tuple[bytes, ...], received_ns: int, max_depth: int, most_copied: int
) -> Transcoded: ...
