"""Sentences: words by hand, figures only from what was computed."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.brief import _words
from offtake.brief._words import Part, count, listed, money, name, power, say, share, spread, when, word

FOLDER = Path(_words.__file__).parent


def read(sentence):
    """Return a sentence as text."""
    return "".join(part.text for part in sentence)


@given(st.text().filter(lambda text: any(letter.isdigit() for letter in text)))
def test_words_may_hold_no_digit(text):
    """A figure typed into a sentence is refused wherever it stands."""
    with pytest.raises(ValueError, match="hold a digit"):
        say(text)
    with pytest.raises(ValueError, match="hold a digit"):
        word(text)


@pytest.mark.parametrize("parts", [(), (money(1.0), money(2.0))])
def test_every_place_takes_one_part(parts):
    """Too few and too many parts are refused."""
    with pytest.raises(ValueError, match="has 1 places"):
        say("The plan says {}.", *parts)


def test_a_sentence_reads_as_it_should():
    """Parts, spreads, lists and words come together in order."""
    sentence = say(
        "{} needs {} ({}) by {}, with {} of {} at {}.",
        name("Lark Labs"),
        money(212_345.0),
        spread(150_000.0, 280_000.0, "M USD"),
        when("2029"),
        share(0.64),
        power(4_512.0),
        listed(["A", "B", "C"], most=2),
    )
    assert (
        read(sentence)
        == "Lark Labs needs 212 B USD (150 to 280 B USD) by 2029, with 64 % of 4.51 GW at A, B and 1 more."
    )
    assert [part.kind for part in sentence[:3]] == ["name", "words", "number"]
    assert read((count(0), Part(" of ", "words"), count(1_200))) == "no of 1,200"


def test_numbers_are_made_in_one_place():
    """No module but the one of words makes a number of a sentence, or a part of any kind."""
    makers = {
        path.name
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Part"
    }
    assert makers == {"_words.py"}
