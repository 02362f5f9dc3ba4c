"""The reader of Fluentd's format, with which configurations are tested where Fluentd is not."""

import pytest

from tests.deploy.fluent.fluentd_format import parse


def test_sections_hold_parameters_and_sections():
    """Arguments, comments and values with signs that mean something elsewhere."""
    whole = parse(
        "# a comment\n<match a.**>\n  @type forward # another one\n  <buffer tag, time>\n    path /x#y\n  </buffer>\n"
        "  <security>\n    key \"#{ENV['A']}\"\n    empty\n  </security>\n</match>\n"
    )
    match = whole.one("match", "forward")
    assert match.argument == "a.**"
    assert match.one("buffer").argument == "tag, time"
    assert match.one("buffer").parameters == {"path": "/x#y"}
    assert match.one("security").parameters == {"key": "\"#{ENV['A']}\"", "empty": ""}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<match>\n", "not closed"),
        ("<match>\n</source>\n", "line 2"),
        ("<match>\na 1\na 2\n</match>\n", "line 3: a is given twice"),
        ("<match\n", "line 1: neither"),
    ],
)
def test_mistakes_are_told_with_their_line(text, said):
    """So the tests of configurations can fail."""
    with pytest.raises(ValueError, match=said):
        parse(text)
