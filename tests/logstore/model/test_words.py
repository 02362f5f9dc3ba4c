"""Tests of what a word is."""

import re

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.words import WORD_CHARACTERS, fold_case, is_word, is_word_character, words

TEXT = st.text(st.sampled_from("aZ0_ -.üÜ\u212a\n") | st.characters())


def test_words_of_a_message():
    """Runs of letters, digits, `_` and everything that is not ASCII; ASCII capitals folded."""
    assert words("GET /Api_v1/ünï-Ü x=10.5\n") == ["get", "api_v1", "ünï", "Ü", "x", "10", "5"]
    assert words(" -./") == []


@given(TEXT)
def test_the_definitions_agree(text):
    """Character by character, as a pattern, and as a whole."""
    python_class = WORD_CHARACTERS.replace(r"\x{80}-\x{10FFFF}", "\x80-\U0010ffff")
    assert words(text) == re.findall(f"[{python_class}]+", fold_case(text))
    assert is_word(text) == (text != "" and all(map(is_word_character, text)))
    assert "".join(words(text)) == "".join(filter(is_word_character, fold_case(text)))


@given(TEXT)
def test_folding_touches_ascii_capitals_only(text):
    """Length and all other characters stay, so places in the text stay too."""
    folded = fold_case(text)
    assert len(folded) == len(text)
    assert all(new == (old.lower() if "A" <= old <= "Z" else old) for old, new in zip(text, folded, strict=True))
