"""`[object_storage]`: where parts are kept beside the local disk."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from logstore.config.section import GIB, MIB, File, Section


def _place(value: str) -> str:
    """Refuses what is no place for objects, before anything is opened."""
    if value and not value.startswith(("s3://", "file:///")):
        raise PydanticCustomError("no_place", "input should be s3://BUCKET/PREFIX or file:///DIRECTORY")
    if "@" in value:
        raise PydanticCustomError("secret", "input should not hold keys, which belong in credentials_file")
    return value


def _endpoint(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise PydanticCustomError("no_endpoint", "input should begin with https:// or http://")
    return value


class ObjectStorageSettings(Section):
    """Parts in an object store that speaks S3."""

    url: Annotated[str, AfterValidator(_place)] = ""
    """Where parts are copied to: `s3://BUCKET/PREFIX`, or `file:///DIRECTORY` for a mounted directory. Each data
    directory needs a prefix of its own. Empty: parts are on the local disk alone."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] = ""
    """URL of the server, for stores other than that of AWS: `https://s3.example.com`."""

    region: str = ""
    """Region of the bucket; empty takes `AWS_REGION` from the environment, or `us-east-1`."""

    credentials_file: File | None = None
    """File with keys, as the tools of AWS write it: `aws_access_key_id` and `aws_secret_access_key` below `[default]`.
    Without it the environment is asked (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`), then the machine's role."""

    profile: str = Field(default="default", min_length=1)
    """Which keys of `credentials_file`."""

    virtual_hosted: bool = False
    """Whether the bucket's name is part of the host's name, for stores that want it so."""

    ca_file: File | None = None
    """Certificates (PEM) to trust beside those of the system, for a server with a private authority."""

    connect_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds that a connection may take. Longer lets queries wait longer for a store that is down."""

    timeout_s: float = Field(default=30.0, gt=0)
    """Seconds that a request may take with its answer, of 8 MiB at most. Longer suits slow lines."""

    retries: int = Field(default=3, ge=0, le=20)
    """Attempts after one that failed, with growing pauses. More hide more stumbles of the store, and let queries wait
    longer when it is down."""

    upload_after_s: float = Field(default=900.0, ge=0)
    """Seconds until a part is copied. Longer lets small parts be merged first, which then are never copied; shorter
    makes less depend on the local disk."""

    keep_local_s: float = Field(default=86_400.0, ge=0)
    """Parts with events younger than so many seconds stay on the local disk too, however much they are. Longer makes
    more queries fast, and takes more disk."""

    cache_bytes: int = Field(default=10 * GIB, ge=64 * MIB)
    """Local disk for older parts. What was read least recently makes room; what one query reads at a time must fit."""

    transfers: int = Field(default=4, ge=1, le=64)
    """Files that are sent, and files that are fetched, at the same time. More is faster over long distances, and takes
    24 MiB of memory each."""
