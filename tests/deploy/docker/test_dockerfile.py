"""The reader of Dockerfiles that the tests beside it rely on."""

import json

import pytest

from tests.deploy.docker.dockerfile import parse

EXAMPLE = """
ARG BASE=one:1
FROM ${BASE} AS first
RUN one \\
    # between two lines
    && two
FROM two:2
COPY --from=first --chown=1:1 /a /b /c/
LABEL a="b c" \\
      d="e"
ENTRYPOINT ["x", "y"]
CMD x y
"""


def test_stages_and_their_instructions_are_told_apart():
    """Lines of one instruction are joined, and comments between them are none of it."""
    whole = parse(EXAMPLE)
    assert whole.arguments == {"BASE": "one:1"}
    assert [(stage.base, stage.name) for stage in whole.stages] == [("${BASE}", "first"), ("two:2", "")]
    assert whole.stages[0].one("RUN").rest.split() == ["one", "&&", "two"]


def test_options_operands_and_pairs():
    """As Docker reads them."""
    last = parse(EXAMPLE).stages[-1]
    copy = last.one("COPY")
    assert (copy.flags, copy.operands) == ({"from": "first", "chown": "1:1"}, ["/a", "/b", "/c/"])
    assert last.one("LABEL").pairs == {"a": "b c", "d": "e"}


def test_a_line_for_a_shell_is_no_exec_form():
    """Whoever asks for its words is told."""
    last = parse(EXAMPLE).stages[-1]
    assert last.one("ENTRYPOINT").array == ["x", "y"]
    with pytest.raises(json.JSONDecodeError):
        _ = last.one("CMD").array
