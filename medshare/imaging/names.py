"""How person names are found: the forms of a name, and what a search for one looks like.

References
----------
DICOM PS3.5 section 6.2.1 (component groups); PS3.4 section C.2.2.2 (matching without case and
accents is allowed for names).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from medshare.patients.pinyin import initials, readings, spellings

# More than any name may have (three groups of 64 and their delimiters), twice over.
FORM_MAX = 400
_SEPARATORS = re.compile(r"[\s^·•・,'’\-]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_WORDS = re.compile(r"[^\s^=·•・,]+")


class Component(StrEnum):
    """What a form of a name stands for: a component group, or how it is spelled in Latin."""

    ALPHABETIC = "alphabetic"
    IDEOGRAPHIC = "ideographic"
    PHONETIC = "phonetic"
    SPELLING = "spelling"


GROUPS = (Component.ALPHABETIC, Component.IDEOGRAPHIC, Component.PHONETIC)


@dataclass(frozen=True, slots=True)
class NameForm:
    """One form of a name."""

    component: Component
    form: str


@dataclass(frozen=True, slots=True)
class NamePattern:
    """What a form must be like, with ``*`` and ``?``; ``None`` matches every component."""

    component: Component | None
    pattern: str


def fold(text: str) -> str:
    """Return the form in which names are compared: without width, case, accents, empty ends."""
    compatible = unicodedata.normalize("NFKC", text).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", compatible))
    return unicodedata.normalize("NFC", bare).strip(" ^")[:FORM_MAX]


def name_text(groups: tuple[str, str, str]) -> str:
    """Return what a name is known by: its folded groups, empty when it has none."""
    return "=".join(fold(each.replace("=", " ")) for each in groups).rstrip("=")


def forms_of(text: str) -> frozenset[NameForm]:
    """Return every form of a name, given what it is known by.

    Each group as it is and without separators; Chinese ones in Pinyin and by their initials too.
    """
    forms: set[NameForm] = set()
    for component, group in zip(GROUPS, text.split("="), strict=False):
        joined = _joined(group)
        forms |= {NameForm(component, each) for each in (group, joined) if each}
        if any(readings(each) for each in joined):
            spelled = spellings(joined) | initials(joined)
            forms |= {NameForm(Component.SPELLING, each) for each in spelled}
    return frozenset(forms)


def patterns_of(value: str) -> tuple[tuple[NamePattern, ...], ...]:
    """Read a name to search for: all must hold of which, in each, one is enough.

    ``=`` separates component groups, each of which is then compared with its own.
    """
    groups = value.split("=")[: len(GROUPS)]
    if len(groups) == 1:
        return (tuple(_alternatives(None, value)),)
    named = zip(GROUPS, groups, strict=False)
    return tuple(tuple(_alternatives(component, group)) for component, group in named if group)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a folded name or of a search for one."""
    return tuple(_WORDS.findall(text))


def _alternatives(component: Component | None, group: str) -> Iterator[NamePattern]:
    folded = fold(group)
    yield NamePattern(component, folded)
    joined = _joined(folded)
    if joined != folded:
        yield NamePattern(component, joined)


def _joined(text: str) -> str:
    return _SEPARATORS.sub("", text)
