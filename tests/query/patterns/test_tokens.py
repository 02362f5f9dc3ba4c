"""What tokens have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.patterns.masks import NUMBER, REST, WILD
from query.patterns.tokens import fits, is_word, key_of, merge

_NUMBER, _REST, _WILD = (bytes((wildcard,)) for wildcard in (NUMBER, REST, WILD))

tokens = st.text("ab=/,.é", max_size=6).map(str.encode) | st.lists(
    st.sampled_from((b"a", b"b", b"=", b"/", _NUMBER)), max_size=6
).map(b"".join)


def _shown(token: bytes) -> str:
    return token.replace(_WILD, b"*").replace(_NUMBER, b"#").decode()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (b"root", b"admin", "*"),
        (b"user=root", b"user=admin", "user=*"),
        (b"user=", b"user=admin", "user=*"),
        (b"(root)", b"(admin)", "(*)"),
        (b"/var/log/a.log", b"/var/log/b.log", "/var/log/*.log"),
        (b"/var/log/a", b"/var/log/b/c", "/var/log/*"),
        (b"src=ann,dst=bob", b"src=eve,dst=kim", "src=*,dst=*"),
        (b'{"user":"ann","ok":true}', b'{"user":"bob","ok":true}', '{"user":"*","ok":true}'),
        (b"a-b", b"c-d", "*"),
        (b"x=" + _NUMBER, b"x=none", "x=*"),
        (b"x=" + _WILD, b"x=none", "x=*"),
        (b"same", b"same", "same"),
    ],
)
def test_tokens_keep_what_they_share(one, other, expected):
    """Whole words between delimiters, and no part of a word."""
    assert _shown(merge(one, other)) == expected
    assert _shown(merge(other, one)) == expected


@given(one=tokens, other=tokens, third=tokens)
def test_a_merged_token_covers_what_it_was_made_of(one, other, third):
    """And goes on to do so when it is merged with more."""
    merged = merge(one, other)
    assert merged == one == other or (WILD in merged and fits(merged, one) and fits(merged, other))
    further = merge(merged, third)
    assert further == merged or (fits(further, one) and fits(further, other) and fits(further, third))


def test_what_is_cut_covers_all():
    """The rest of a line takes in whatever stands in its place."""
    assert merge(_REST, b"word") == merge(b"word", _REST) == _REST


def test_words_and_keys():
    """A word has a letter and is certain; a key stands before the first equals sign."""
    assert is_word(b"a1")
    assert is_word("é".encode())
    assert not any(map(is_word, (b"12", _NUMBER, _WILD, b"a" + _WILD, b"--", b"")))
    assert key_of(b"user=a=b") == b"user="
    assert key_of(b"=a") == key_of(b"user") == key_of(_WILD + b"=a") == b""
