"""What is typed to find somebody, and under which spellings a name is found by it."""

import re
from dataclasses import dataclass

from medshare.kernel.errors import InvalidError, Issue
from medshare.patients import pinyin
from medshare.patients.model import HumanName
from medshare.patients.names import fold

LENGTH_MIN = 2
LENGTH_MAX = 64
SPELLING_LENGTH = 200
TOO_SHORT = Issue(
    "/words",
    "words-too-short",
    "Send at least two characters of a name, or a whole number.",
    "请至少输入姓名的两个字符，或完整的号码。",
)
_PHONE = re.compile(r"\+?[0-9 ()-]{7,}")
_PHONE_SEPARATORS = str.maketrans("", "", " ()-")


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed: a whole number, and what else it may be (empty where it may not).

    ``name`` is the beginning of a name, folded; ``phone`` the number as phones are kept.
    """

    number: str
    name: str = ""
    phone: str = ""


def read_words(typed: str) -> Words:
    """Read what was typed; whatever holds a digit is no name.

    Raises
    ------
    InvalidError
        It is too short to tell anybody apart.
    """
    text = fold(typed)
    if len(text) < LENGTH_MIN:
        raise InvalidError(issues=[TOO_SHORT])
    number = typed.strip()
    if not any(each.isdecimal() for each in text):
        return Words(number, name=text[:SPELLING_LENGTH])
    phone = number.translate(_PHONE_SEPARATORS) if _PHONE.fullmatch(number) else ""
    return Words(number, phone=phone)


def spellings_of(name: HumanName) -> dict[str, bool]:
    """Return what a name may be found by the beginning of, each with whether it was stated so.

    Every form as it is written and in Pinyin, its initials, and a name in Latin letters by its
    given name first too.
    """
    spellings = set(name.forms)
    for form in name.forms:
        if any(pinyin.readings(each) for each in form):
            spellings |= pinyin.spellings(form) | pinyin.initials(form)
    family, _, given = name.alphabetic.partition("^")
    if given:
        spellings.add(fold(given + family))
        spellings.add("".join(fold(each)[:1] for each in (family, *_syllables(given))))
    forms = {each[:SPELLING_LENGTH] for each in name.forms}
    kept = {each[:SPELLING_LENGTH] for each in spellings if each}
    return {each: each in forms for each in sorted(kept)}


def _syllables(given: str) -> list[str]:
    """Split a given name where a space or a capital begins the next part: ``XiaoMing``."""
    return re.findall(r"[A-Z][^A-Z\s^]*|[^A-Z\s^]+", given)
