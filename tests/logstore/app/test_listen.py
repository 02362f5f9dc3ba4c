"""Tests of logstore.app.listen."""

import pytest

from logstore.app.listen import format_address, parse_address
from logstore.errors import SettingsError


@pytest.mark.parametrize("text", ["127.0.0.1:24224", "localhost:0", "[::1]:80", "0.0.0.0:65535"])
def test_addresses_survive_the_round_trip(text):
    """Parsing and formatting are inverse."""
    assert format_address(*parse_address(text)) == text


@pytest.mark.parametrize(
    "text", ["", "24224", ":24224", "host", "host:", "host:x", "host:65536", "::1:80", "host:-1", "h:²"]
)
def test_what_is_no_address_is_refused(text):
    """Half addresses are errors, not guesses."""
    with pytest.raises(SettingsError, match="not an address"):
        parse_address(text)
