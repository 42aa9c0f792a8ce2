"""How names are compared: folded, and Chinese characters before their spelling."""

import re
import unicodedata

# Middle dots of minority names in every encoding's fashion, what DICOM PN and Latin spelling
# put between parts. Question marks and asterisks stay: they stand for a character lost.
_SEPARATORS = re.compile(r"[\s·•‧∙⋅・^,'’\-‐]+")
_HAN = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def fold(text: str) -> str:
    """Return a name without what two desks write differently: width, case, spaces, dots."""
    folded = _narrow(_narrow(text).casefold())
    # A mark that stood alone joins its letter once the space between them is gone.
    return _narrow(_SEPARATORS.sub("", folded))


def agree(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Tell whether two sets of folded forms can name one person.

    Where both sides know the Chinese characters these decide alone: homophones are other names.
    """
    our_han, their_han = _han(ours), _han(theirs)
    if our_han and their_han:
        return not our_han.isdisjoint(their_han)
    return not ours.isdisjoint(theirs)


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _han(forms: frozenset[str]) -> frozenset[str]:
    return frozenset(form for form in forms if _HAN.search(form))
