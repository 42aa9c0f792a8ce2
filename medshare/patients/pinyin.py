"""How Chinese names are spelled in Latin letters: Hanyu Pinyin without tones.

The table comes from pypinyin's (MIT) by ``scripts/pinyin-table``; importing that library at run
time would cost a process 57 MiB.
"""

import csv
import re
from functools import cache
from importlib.resources import files
from itertools import islice, product

SPELLINGS_MAX = 16


@cache
def _table() -> dict[str, tuple[str, ...]]:
    text = (files(__package__) / "pinyin.csv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines()[1:])
    return {character: tuple(syllables.split()) for character, syllables in rows}


def readings(character: str) -> tuple[str, ...]:
    """Return the syllables of a character, the usual one first; empty where there is none.

    Lower-case ASCII without tones, ``v`` for ü: 吕 is ``lv``.
    """
    return _table().get(character, ())


def spellings(text: str) -> frozenset[str]:
    """Return how a name may be spelled, without spaces: at most ``SPELLINGS_MAX`` ways.

    Characters with several readings give all combinations; what is not Chinese stays as it is.
    """
    return _combinations([readings(each) or (each,) for each in text])


def is_spelling(text: str) -> bool:
    """Tell whether letters can be read as syllables of Chinese: ``yanping``, not ``yanpign``."""
    return bool(_syllables().fullmatch(text.replace("ü", "v")))


@cache
def _syllables() -> re.Pattern[str]:
    known = {syllable for syllables in _table().values() for syllable in syllables}
    # The table has interjections without a vowel, too: 嗯 is n. No name holds one.
    spoken = sorted((each for each in known if set(each) & set("aeiouv")), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(spoken)})+")


def initials(text: str) -> frozenset[str]:
    """Return the first letters of a name's syllables, as people type them: 王小明 is ``wxm``."""
    letters = [
        tuple(dict.fromkeys(each[0] for each in readings(character) or (character,)))
        for character in text
    ]
    return _combinations(letters)


def _combinations(choices: list[tuple[str, ...]]) -> frozenset[str]:
    return frozenset("".join(each) for each in islice(product(*choices), SPELLINGS_MAX))
