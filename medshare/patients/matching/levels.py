"""How far two records agree, field by field: a level each, the same from either side."""

from collections import Counter
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from medshare.patients import pinyin
from medshare.patients.matching.profile import Name, Profile
from medshare.patients.model import Sex

Levels = dict["Field", "Level"]
_JARO_NEAR = 0.9
_TYPOS = 2  # keystrokes between two identity numbers of which one is faulty
_WORD = 3  # characters below which a difference says nothing
_JARO_SIMILAR = 0.8
_ADDRESS_SAME, _ADDRESS_NEAR, _ADDRESS_SIMILAR, _ADDRESS_PARTLY = 0.93, 0.8, 0.6, 0.4
_NUMBER_LENGTH_MIN = 5
# A lunar date read as a solar one is early by as much.
_LUNAR_DAYS = range(18, 54)


class Field(StrEnum):
    """What is compared."""

    NUMBER = "number"
    GUARDIAN = "guardian"
    NUMBERS = "numbers"
    FAMILY = "family"
    GIVEN = "given"
    BORN = "born"
    SEX = "sex"
    PHONE = "phone"
    ADDRESS = "address"
    RECORD = "record"


class Level(StrEnum):
    """How far; a field that one of the two does not state has no level."""

    SAME = "same"
    EXACT = "exact"
    SPELLED = "spelled"
    HOMOPHONE = "homophone"
    ONE_CHARACTER = "one-character"
    SWAPPED = "swapped"
    LUNAR = "lunar"
    NEAR = "near"
    AREA = "area"
    SIMILAR = "similar"
    PARTLY = "partly"
    TYPO = "typo"
    SAME_FACILITY = "same-facility"
    DIFFERENT = "different"


def compare(ours: Profile, theirs: Profile) -> Levels:
    """Compare two records; a field that either does not state is left out."""
    found: dict[Field, Level | None] = {
        Field.NUMBER: _number(ours, theirs),
        Field.GUARDIAN: _guardian(ours, theirs),
        Field.NUMBERS: _numbers(ours, theirs),
        Field.BORN: _born(ours.born, theirs.born),
        Field.SEX: _sex(ours.sex, theirs.sex),
        Field.PHONE: _equal(ours.phone, theirs.phone),
        Field.ADDRESS: _address(ours.address, theirs.address),
        **_names(ours, theirs),
    }
    return {field: level for field, level in found.items() if level is not None}


def _equal(ours: str, theirs: str) -> Level | None:
    if not ours or not theirs:
        return None
    return Level.SAME if ours == theirs else Level.DIFFERENT


def _number(ours: Profile, theirs: Profile) -> Level | None:
    if ours.number and theirs.number:
        return _equal(ours.number, theirs.number)
    one, other = ours.number or ours.faulty, theirs.number or theirs.faulty
    if not one or not other:
        return None
    return Level.TYPO if DamerauLevenshtein.distance(one, other) <= _TYPOS else None


def _guardian(ours: Profile, theirs: Profile) -> Level | None:
    """Compare guardians' numbers; swapped where one states as its own what the other's is."""
    if {ours.number, theirs.number} & {ours.guardian, theirs.guardian} - {""}:
        return Level.SWAPPED
    return _equal(ours.guardian, theirs.guardian)


def _numbers(ours: Profile, theirs: Profile) -> Level | None:
    if ours.numbers & theirs.numbers:
        return Level.SAME
    systems = {system for system, _ in ours.numbers} & {system for system, _ in theirs.numbers}
    pairs = [
        (one, other)
        for system, one in ours.numbers
        for their_system, other in theirs.numbers
        if system == their_system
    ]
    if not systems:
        return None
    return Level.TYPO if any(_is_slip(*pair) for pair in pairs) else Level.DIFFERENT


def _is_slip(one: str, other: str) -> bool:
    """Tell whether one number may be the other mistyped; nothing is known of its check."""
    long_enough = min(len(one), len(other)) >= _NUMBER_LENGTH_MIN
    return long_enough and DamerauLevenshtein.distance(one, other) == 1


def _born(ours: date | None, theirs: date | None) -> Level | None:
    if ours is None or theirs is None:
        return None
    if ours == theirs:
        return Level.SAME
    if (ours.year, ours.month, ours.day) == (theirs.year, theirs.day, theirs.month):
        return Level.SWAPPED
    if DamerauLevenshtein.distance(f"{ours:%Y%m%d}", f"{theirs:%Y%m%d}") == 1:
        return Level.NEAR
    if abs((ours - theirs).days) in _LUNAR_DAYS:
        return Level.LUNAR
    return Level.DIFFERENT


def _sex(ours: Sex, theirs: Sex) -> Level | None:
    if {ours, theirs} <= {Sex.MALE, Sex.FEMALE}:
        return Level.SAME if ours == theirs else Level.DIFFERENT
    return None


def _address(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Level | None:
    """Compare addresses. One without a door is an area, and a Chinese area is half a city."""
    if not ours or not theirs:
        return None
    if _is_han(ours) or _is_han(theirs):
        return _han_address(_doors(ours), _doors(theirs), _likeness(ours, theirs))
    likeness = max(_likeness(ours, theirs), _shared_pairs("".join(ours), "".join(theirs)))
    if likeness >= _ADDRESS_SAME:
        return Level.SAME if _doors(ours) and _doors(theirs) else Level.AREA
    if likeness >= _ADDRESS_NEAR:
        return Level.NEAR
    if likeness >= _ADDRESS_SIMILAR:
        return Level.SIMILAR
    return Level.PARTLY if likeness >= _ADDRESS_PARTLY else Level.DIFFERENT


def _han_address(ours: list[str], theirs: list[str], likeness: float) -> Level | None:
    if not ours or not theirs:
        return None
    if ours == theirs and likeness >= _ADDRESS_NEAR:
        return Level.SAME if likeness >= _ADDRESS_SAME else Level.NEAR
    return Level.DIFFERENT


def _is_han(address: tuple[str, ...]) -> bool:
    return any(not each.isascii() for each in address)


def _doors(address: tuple[str, ...]) -> list[str]:
    return [each for each in address if each[0].isdecimal()]


def _likeness(ours: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """Return how much of two addresses is common, from 0 to 1; words may be mistyped or moved."""
    rest = list(theirs)
    total = sum(map(_weight, ours)) + sum(map(_weight, theirs))
    common = 0.0
    unmatched = []
    for word in ours:
        if word in rest:
            rest.remove(word)
            common += 2 * _weight(word)
        else:
            unmatched.append(word)
    for word in unmatched:
        match = next((each for each in rest if _is_misspelled(word, each)), None)
        if match is not None:
            rest.remove(match)
            common += 0.85 * (_weight(word) + _weight(match))
    return common / total


def _shared_pairs(one: str, other: str) -> float:
    """Return how many pairs of letters are common, from 0 to 1: spaces go astray in lists."""
    ours, theirs = Counter(map("".join, pairwise(one))), Counter(map("".join, pairwise(other)))
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 0.0


def _weight(word: str) -> float:
    """Return what a word of an address says: a door's number or a street more than a character."""
    return 2.0 if word[0].isascii() else 1.0


def _is_misspelled(one: str, other: str) -> bool:
    in_letters = one[0].isascii() and len(one) >= _WORD
    return in_letters and JaroWinkler.similarity(one, other) >= _JARO_NEAR


def _names(ours: Profile, theirs: Profile) -> dict[Field, Level | None]:
    if (ours.newborn is None) != (theirs.newborn is None):
        return {}
    one, other = ours.name, theirs.name
    if one.is_han and other.is_han:
        return _pair(_han(one, other))
    if one.is_han or other.is_han:
        return _pair(_spelled(one, other))
    return _pair(_latin(one, other))


def _pair(levels: tuple[Level | None, Level | None]) -> dict[Field, Level | None]:
    return {Field.FAMILY: levels[0], Field.GIVEN: levels[1]}


def _han(one: Name, other: Name) -> tuple[Level | None, Level | None]:
    if one.family != other.family and (one.family, one.given) == (other.given, other.family):
        return Level.SWAPPED, Level.SWAPPED
    return _han_part(one.family, other.family), _han_part(one.given, other.given)


def _han_part(one: str, other: str) -> Level | None:
    if not one or not other:
        return None
    if one == other:
        return Level.EXACT
    if len(one) == len(other) and all(map(_sound_alike, one, other)):
        return Level.HOMOPHONE
    # 明 and 小明, or 小明 and 晓明: two characters at least on one side.
    is_near = len(one + other) >= _WORD and DamerauLevenshtein.distance(one, other) == 1
    return Level.ONE_CHARACTER if is_near else Level.DIFFERENT


def _sound_alike(one: str, other: str) -> bool:
    return one == other or not set(pinyin.readings(one)).isdisjoint(pinyin.readings(other))


def _spelled(one: Name, other: Name) -> tuple[Level | None, Level | None]:
    ours, theirs = spellings(one), spellings(other)
    if not ours or not theirs:
        return None, None
    if not ours.isdisjoint(theirs):
        return Level.SPELLED, Level.SPELLED
    closest = min(DamerauLevenshtein.distance(mine, his) for mine in ours for his in theirs)
    if closest == 1:
        return Level.SPELLED, Level.NEAR
    return Level.DIFFERENT, Level.DIFFERENT


@lru_cache(maxsize=10_000)
def spellings(name: Name) -> frozenset[str]:
    """Return how a name may be written in Latin letters, in either order, ü as u."""
    if name.is_han:
        orders = (name.family + name.given, name.given + name.family)
        spelled = {each for order in orders for each in pinyin.spellings(order)}
    else:
        parts = name.latin or (name.family, name.given)
        spelled = {"".join(parts), "".join((*parts[1:], parts[0]))}
    return frozenset(plain_letters(each) for each in spelled if each)


def plain_letters(spelling: str) -> str:
    """Return a spelling with lü, lv and lyu alike."""
    for one, other in (("lyu", "lu"), ("nyu", "nu"), ("v", "u"), ("ü", "u")):
        spelling = spelling.replace(one, other)
    return spelling


def _latin(one: Name, other: Name) -> tuple[Level | None, Level | None]:
    straight = _latin_part(one.family, other.family), _latin_part(one.given, other.given)
    if Level.EXACT in straight or None in straight:
        return straight
    if (one.family, one.given) == (other.given, other.family):
        return Level.SWAPPED, Level.SWAPPED
    crossed = _latin_part(one.family, other.given), _latin_part(one.given, other.family)
    if Level.EXACT in crossed and Level.DIFFERENT not in crossed:
        return Level.SWAPPED, Level.NEAR
    if spellings(one) & spellings(other):
        return Level.EXACT, Level.EXACT
    return straight


def _latin_part(one: str, other: str) -> Level | None:
    if not one or not other:
        return None
    if one == other:
        return Level.EXACT
    likeness = JaroWinkler.similarity(one, other)
    if likeness >= _JARO_NEAR or DamerauLevenshtein.distance(one, other) == 1:
        return Level.NEAR
    return Level.SIMILAR if likeness >= _JARO_SIMILAR else Level.DIFFERENT
