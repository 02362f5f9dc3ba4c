"""Both miners: the templates that they find, the order of lines that they do not depend on, their bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query.patterns import kernel, plain
from query.patterns.bounds import EXAMPLE_BYTES, MOST_TOKENS, TOKEN_BYTES, Bounds
from query.patterns.choice import make_miner
from query.patterns.templates import text_of
from tests.query.patterns import lines
from tests.query.patterns.lines import mined, once

BOTH = pytest.mark.parametrize("make", [plain.Miner, kernel.Miner], ids=["plain", "compiled"])


def _texts(make, *texts: str, bounds: Bounds | None = None) -> list[str]:
    return sorted(text_of(cluster.tokens) for cluster in mined(make(bounds or Bounds()), [once(*texts)]))


@BOTH
def test_templates_are_those_that_a_human_would_write(make):
    """Values are wildcards, what a token keeps is kept, and what failed is not what was accepted."""
    assert _texts(make, *lines.SSH) == [
        "Accepted password for fztu from <ip> port <number> ssh2",
        "Failed password for <*> from <ip> port <number> ssh2",
        "pam_unix(sshd:auth): authentication failure; logname= uid=<number> tty=ssh ruser= rhost=<*> user=<*>",
    ]


@BOTH
def test_lines_with_less_than_half_in_common_stay_apart(make):
    """Two of four tokens are enough, one is not; a token that shares its key counts half."""
    assert _texts(make, "job on a one", "job on b two") == ["job on <*> <*>"]
    assert _texts(make, "job 1 a one", "job 1 b two") == ["job <number> a one", "job <number> b two"]
    assert _texts(make, "1 a=x b=y c=p", "1 a=x b=z c=q") == ["<number> a=x b=<*> c=<*>"]


@BOTH
def test_counts_times_and_the_newest_example(make):
    """A template tells of all its lines, however they were split into batches."""
    batches = [[("a 1", 2, 10, 20), ("a 2", 3, 5, 30)], [("a 0", 1, 30, 30)]]
    (cluster,) = mined(make(Bounds()), batches)
    assert (cluster.count, cluster.first, cluster.last, cluster.example) == (6, 5, 30, b"a 0")


@BOTH
def test_nothing_gives_nothing_and_empty_lines_are_one_template(make):
    """White space alone is an empty line."""
    assert mined(make(Bounds()), []) == []
    assert [cluster.tokens for cluster in mined(make(Bounds()), [once("", " \t\n")])] == [()]


@BOTH
def test_long_lines_tokens_and_examples_are_cut(make):
    """What is not looked at is told by a wildcard; no character of an example is in pieces."""
    long = " ".join(["word"] * (MOST_TOKENS + 1))
    assert _texts(make, long, f"{long} and more") == [" ".join(["word"] * MOST_TOKENS) + " <*>"]
    assert _texts(make, "blob " + "x" * (TOKEN_BYTES + 1)) == ["blob <*>"]
    assert _texts(make, "blob " + "x" * TOKEN_BYTES) == ["blob " + "x" * TOKEN_BYTES]
    (cluster,) = mined(make(Bounds()), [once("é" + "a" * (EXAMPLE_BYTES - 3) + "é")])
    assert len(cluster.example) == EXAMPLE_BYTES - 1


@BOTH
def test_a_full_group_gathers_what_fits_nowhere(make):
    """The templates that are there stay; the others share one."""
    texts = ["a b c", "d e f", "g h i", "j k l"]
    expected = ["<*> <*> <*>", "a b c", "d e f"]
    assert _texts(make, *texts, bounds=Bounds(branches=(0, 0), siblings=2)) == expected
    assert _texts(make, *texts, bounds=Bounds(branches=(0, 0), templates=2)) == expected


@BOTH
def test_too_many_different_lines_are_told_apart_by_their_first_words(make):
    """The fewer words, the less memory; the counts stay whole."""
    texts = [f"job {chr(97 + n % 26)}{chr(97 + n // 26)} then {'x' * (n % 50)} y z" for n in range(500)]
    clusters = mined(make(Bounds(weight=3_000)), [once(*texts)])
    assert sum(cluster.count for cluster in clusters) == 500
    assert {text_of(cluster.tokens) for cluster in clusters} == {"job <*>"}


@given(rows=lines.rows, bounds=lines.bounds, data=st.data())
@settings(max_examples=150, deadline=None)
def test_both_miners_agree_whatever_the_order_of_lines(rows, bounds, data):
    """The compiled one gives what the plain one gives, of the same lines in another order and other batches."""
    expected = mined(plain.Miner(bounds), [rows])
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    assert mined(kernel.Miner(bounds), [shuffled[:cut], shuffled[cut:]]) == expected
    assert mined(plain.Miner(bounds), [shuffled[cut:], shuffled[:cut]]) == expected


def test_the_compiled_miner_is_the_one_that_runs():
    """Where it was built."""
    assert isinstance(make_miner(Bounds()), kernel.Miner)
