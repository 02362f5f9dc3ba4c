"""What the settings of retention mean."""

from __future__ import annotations

import re

import pytest

from logstore.app.retention_terms import retention_terms, search_of_tag
from logstore.config.load import load_settings
from logstore.errors import SettingsError
from logstore.model.timespan import NS_PER_HOUR
from logstore.storage.upkeep.retention_plan import Rule, Terms
from query.lang.parse import parse


def terms(tmp_path, text):
    """The terms of a configuration."""
    path = tmp_path / "logstore.toml"
    path.write_text(text)
    return retention_terms(load_settings(path).retention)


def test_everything_is_kept_unless_something_is_said(tmp_path):
    """The default deletes nothing."""
    assert terms(tmp_path, "") == Terms()


def test_ages_sizes_and_rules(tmp_path):
    """Texts with units or seconds; a search in its canonical spelling."""
    found = terms(
        tmp_path,
        '[retention]\nmax_age = "2d"\nmax_bytes = 100000000\nrules = [{tag = "a.**", max_age = 3600},'
        ' {search = "level:debug  AND x", max_age = "1.5h"}]',
    )
    assert found == Terms(
        48 * NS_PER_HOUR,
        100_000_000,
        (
            Rule("tag a.**", r'tag:~"^a(\..*)?$"', NS_PER_HOUR),
            Rule("level:debug x", "level:debug x", NS_PER_HOUR * 3 // 2),
        ),
    )


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('{max_age = "1d"}', "either a tag or a search"),
        ('{tag = "a", search = "b", max_age = "1d"}', "either a tag or a search"),
        ('{search = "a | count", max_age = "1d"}', "not stages"),
        ('{search = "time:15m", max_age = "1d"}', "relative to now"),
        ('{tag = "a", max_age = "1d"}, {search = "tag:\\"a\\"", max_age = "2d"}', "already"),
        ('{tag = "a", max_age = "soon"}', "max_age"),
        ('{tag = "a", max_age = 0}', "max_age"),
        ('{tag = "a"}', "missing"),
        ('{search = " ", max_age = "1d"}', "empty"),
        ('{tag = "a.{b", max_age = "1d"}', "braces"),
        ('{tag = "{a.b,c}", max_age = "1d"}', "braces"),
        ('{tag = "a.{b*,c}", max_age = "1d"}', "braces"),
    ],
)
def test_mistakes_name_the_rule(tmp_path, rules, message):
    """Found before anything starts."""
    with pytest.raises(SettingsError, match=message) as caught:
        terms(tmp_path, f"[retention]\nrules = [{rules}]")
    assert "retention.rules" in caught.value.message


@pytest.mark.parametrize(
    ("pattern", "fit", "other"),
    [
        ("app.debug", ["app.debug"], ["app.debug.x", "app"]),
        ("app.*", ["app.a", "app."], ["app", "app.a.b"]),
        ("app.**", ["app", "app.a", "app.a.b"], ["apps", "xapp"]),
        ("**", ["a", "a.b", ""], []),
        ("**.b", ["b", "a.b", "a.c.b"], ["ab", "b.a"]),
        ("a.**.b", ["a.b", "a.c.b", "a.c.d.b"], ["ab", "a.cb"]),
        ("a.{b,c+}.d*", ["a.b.d", "a.c+.dx"], ["a.cc.d", "a.b.d.e"]),
    ],
)
def test_patterns_of_tags_are_those_of_fluentd(pattern, fit, other):
    """As the search that is made of them says."""
    search = parse(search_of_tag(pattern)).search

    def fits(tag):
        return bool(re.search(search.regex.pattern, tag)) if hasattr(search, "regex") else search.value.text == tag

    assert all(map(fits, fit))
    assert not any(map(fits, other))
