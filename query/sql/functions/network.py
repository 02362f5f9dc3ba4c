"""Functions of addresses: URLs, IP addresses, and hashes of anything."""

from __future__ import annotations

import ipaddress

from logstore.model.schema import Kind
from query.sql import quote
from query.sql.bench import Bench
from query.sql.functions.arguments import Arguments, Entry, settled
from query.sql.spelling import spelled
from query.sql.typed import TEXT_KINDS, Typed, all_of, present, text_of, typed

# RFC 3986, appendix B: scheme, authority, path. The first group is the authority, the second the path.
_URL = r"^(?:[A-Za-z][A-Za-z0-9+.\-]*:)?(?://([^/?#]*))?([^?#]*)"
_HOST = r"^(?:.*@)?(\[[^\]]*\]|[^:]*)"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
# As the URL standard (WHATWG, "basic URL parser") has it: these are dropped anywhere, and those in front.
_IGNORED = "\t\r\n"
_LEADING = "".join(map(chr, range(0x21)))
_IPV4_OCTETS, _IPV6_GROUPS = 4, 8


def _url_part(group: int) -> Entry:
    """A part of a URL or request path; an empty part is missing, and no failure."""

    def entry(bench: Bench, arguments: Arguments) -> Typed:
        (value,) = arguments.values
        text = text_of(value)
        if text is None:
            return bench.strict([value], Typed())
        bench.fail_where(all_of([present(value), f"{text} IS NULL"]))
        text = f"ltrim(translate({text}, {quote.text(_IGNORED)}, ''), {quote.text(_LEADING)})"
        part = bench.keep(f"regexp_extract({text}, {quote.text(_URL)}, {group})")
        if group == 1:
            part = f"trim(lower(regexp_extract({part}, {quote.text(_HOST)}, 1)), '[]')"
        return bench.keep_all(typed({Kind.TEXT: f"nullif({part}, '')"}))

    return entry


def _ip_in(bench: Bench, arguments: Arguments) -> Typed:
    value = arguments.values[0]
    text = text_of(value)
    if text is None:
        return bench.strict([value], Typed())
    network = ipaddress.ip_network(arguments.literal_text(1), strict=False)
    spell = _ipv4_digits if network.version == 4 else _ipv6_digits  # noqa: PLR2004, the versions are called so
    width = len(network.network_address.packed) * 2
    low, high = (int(address) for address in (network.network_address, network.broadcast_address))
    inside = f"{spell(bench, text)} BETWEEN '{low:0{width}x}' AND '{high:0{width}x}'"
    result = typed({Kind.BOOL: f"CASE WHEN {text} IS NOT NULL THEN coalesce({inside}, false) END"})
    return settled(bench, [value], result, TEXT_KINDS)


def _ipv4_digits(bench: Bench, text: str) -> str:
    """Eight hexadecimal digits, which compare as the addresses do; missing for what is no IPv4 address."""
    octets = bench.keep(f"CASE WHEN regexp_full_match({text}, '{_IPV4}') THEN string_split({text}, '.') END")
    return " || ".join(f"printf('%02x', {octets}[{place}]::INTEGER)" for place in range(1, _IPV4_OCTETS + 1))


def _ipv6_digits(bench: Bench, text: str) -> str:
    """Thirty-two hexadecimal digits; missing for what is no IPv6 address."""
    tail = bench.keep(f"regexp_extract({text}, '^(.*:)({_IPV4})$', 2)")
    octets = bench.keep(f"CASE WHEN {tail} <> '' THEN string_split({tail}, '.') END")
    last = [f"printf('%02x', {octets}[{place}]::INTEGER)" for place in range(1, _IPV4_OCTETS + 1)]
    dotted = f"regexp_extract({text}, '^(.*:)({_IPV4})$', 1) || {last[0]} || {last[1]} || ':' || {last[2]} || {last[3]}"
    plain = bench.keep(f"CASE WHEN {octets} IS NULL THEN {text} ELSE {dotted} END")
    halves = bench.keep(f"string_split(lower({plain}), '::')")
    front, back = (
        bench.keep(f"CASE WHEN {halves}[{side}] = '' THEN [] ELSE string_split({halves}[{side}], ':') END")
        for side in (1, 2)
    )
    known = f"(len({front}) + coalesce(len({back}), 0))"
    zeros = f"list_resize([]::VARCHAR[], greatest({_IPV6_GROUPS} - {known}, 0), '0')"
    groups = bench.keep(
        f"CASE WHEN len({halves}) = 1 AND len({front}) = {_IPV6_GROUPS} THEN {front}"
        f" WHEN len({halves}) = 2 AND {known} < {_IPV6_GROUPS} THEN list_concat({front}, {zeros}, {back}) END"
    )
    digits = bench.keep(" || ".join(f"lpad({groups}[{place}], 4, '0')" for place in range(1, _IPV6_GROUPS + 1)))
    sound = bench.keep(f"array_to_string({groups}, ':')")
    return f"CASE WHEN regexp_full_match({sound}, '[0-9a-f]{{1,4}}(:[0-9a-f]{{1,4}}){{7}}') THEN {digits} END"


def _hash(bench: Bench, arguments: Arguments) -> Typed:
    text = spelled(arguments.values[0])
    return bench.keep_all(typed({Kind.TEXT: None if text is None else f"left(md5({text}), 16)"}))


ENTRIES: dict[str, Entry] = {"url_path": _url_part(2), "url_host": _url_part(1), "ip_in": _ip_in, "hash": _hash}
