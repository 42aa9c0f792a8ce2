"""Under which keys a record is met as a candidate: conjunctions, never on a missing value."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import combinations, islice, product

from medshare.patients import pinyin
from medshare.patients.matching.levels import plain_letters
from medshare.patients.matching.profile import Name, Profile

SPELLINGS_MAX = 3
PREFIX = 4
WORDS_MAX = 3
WORD_LENGTH_MIN = 4
POST_CODE_MIN = 4


def keys_of(profile: Profile) -> frozenset[int]:
    """Return a record's keys, signed 64 bits each; a person without a name has none."""
    if profile.is_placeholder:
        return frozenset()
    return frozenset(map(hashed, _texts(profile)))


def phone_key(profile: Profile) -> int | None:
    """Return the key by which one sees how many records state the phone."""
    return hashed(f"phone|{profile.phone}") if profile.phone else None


def hashed(text: str) -> int:
    """Return 64 bits of a key's hash; two keys in one are two candidates more."""
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _texts(profile: Profile) -> Iterator[str]:
    for number in {profile.number, profile.guardian, profile.faulty} - {""}:
        yield f"number|{number}"
    for system, value in profile.numbers:
        yield f"other|{system}|{value}"
    if profile.phone:
        yield f"phone|{profile.phone}"
    yield from _name_texts(profile)
    if not profile.name.is_han:
        yield from _word_texts(profile)
    if profile.born and profile.address:
        yield f"place|{profile.born}|{_place(profile.address)}"
    if profile.newborn and profile.born:
        yield f"newborn|{profile.born}|{profile.newborn.parent}"


def _name_texts(profile: Profile) -> Iterator[str]:
    born = profile.born
    names = _sorted_letters(profile.name)
    doors = "-".join(sorted(each for each in profile.address if each[0].isdecimal()))
    for name in names:
        if born:
            yield f"name-year|{name}|{born.year}"
            yield f"name-day|{name}|{'-'.join(sorted((f'{born:%m}', f'{born:%d}')))}"
        if doors:
            yield f"name-door|{name}|{doors}"
    for part in _parts(profile):
        if born:
            yield f"part-date|{part}|{born}"
        if doors:
            yield f"part-door|{part}|{doors}"


def _word_texts(profile: Profile) -> Iterator[str]:
    """Meet by a suburb or a street: names in letters are mistyped, or given in another order."""
    words = {each for each in profile.address if each.isalpha()}
    longest = sorted(words, key=lambda each: (-len(each), each))[:WORDS_MAX]
    long = [each for each in longest if len(each) >= WORD_LENGTH_MIN]
    codes = ["".join(sorted(each)) for each in profile.address if _is_post_code(each)]
    for one, other in combinations(sorted({*long, *codes}), 2):
        yield f"words|{one}|{other}"
    for word in long:
        for part in _parts(profile):
            yield f"word-part|{word}|{part}"
    if profile.born:
        yield from (f"word-date|{each}|{profile.born}" for each in (*long, *codes))
    for name in _sorted_letters(profile.name):
        yield from (f"name-state|{name}|{each}" for each in words if len(each) < WORD_LENGTH_MIN)


def _is_post_code(word: str) -> bool:
    return word.isdecimal() and len(word) >= POST_CODE_MIN


def _sorted_letters(name: Name) -> list[str]:
    """Return the letters of a name in order of the alphabet: the order of its parts is not known.

    Of characters with several readings the two usual ones count.
    """
    if name.is_han:
        syllables = [pinyin.readings(each)[:2] or (each,) for each in name.family + name.given]
        spelled = ["".join(each) for each in islice(product(*syllables), SPELLINGS_MAX)]
    else:
        spelled = ["".join(name.latin) or name.family + name.given]
    return list(dict.fromkeys("".join(sorted(plain_letters(each))) for each in spelled if each))


def _parts(profile: Profile) -> set[str]:
    """Return how the two parts of a name begin; a family may be misread for a given name."""
    name = profile.name
    parts = (name.family, name.given) if name.is_han or not name.latin else name.latin[:3]
    return {each[:PREFIX] for each in parts if each}


def _place(address: tuple[str, ...]) -> str:
    doors = [each for each in address if each[0].isdecimal()]
    return "-".join(sorted(doors)) if doors else "".join(sorted(address))[:24]
