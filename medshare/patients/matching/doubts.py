"""What stands against linking two records by themselves, however well they score."""

from collections.abc import Iterable
from enum import StrEnum

from medshare.patients import pinyin
from medshare.patients.matching.levels import Field, Level, Levels
from medshare.patients.matching.profile import Name, Newborn, Profile

_AGREEING = {Level.EXACT, Level.SPELLED, Level.SWAPPED}
_BORN_AGREES = {Level.SAME, Level.SWAPPED, Level.NEAR, Level.LUNAR}
_CORROBORATING = {
    Field.NUMBER: {Level.SAME},
    Field.GUARDIAN: {Level.SAME, Level.SWAPPED},
    Field.NUMBERS: {Level.SAME},
    Field.PHONE: {Level.SAME},
    Field.ADDRESS: {Level.SAME, Level.AREA, Level.NEAR, Level.SIMILAR, Level.PARTLY},
}
_SOUNDING = {Level.EXACT, Level.SPELLED}


class Doubt(StrEnum):
    """Why a pair is not linked by itself although it may score well; vetoes forbid a link."""

    OTHER_NUMBER = "other-identity-number"
    SEPARATED = "separated-by-registrar"
    OTHER_RANK = "other-rank-of-birth"
    FAMILY_NUMBER = "number-of-the-family"
    OTHER_NAME = "same-number-with-another-name"
    OTHER_BIRTH = "same-number-with-another-birth-date"
    NO_CORROBORATION = "name-and-birth-date-alone"
    NEWBORN = "newborn-without-a-name"
    NAME_DIFFERS = "name-differs"
    BIRTH_DATE = "birth-date-differs-or-is-missing"


VETOES = frozenset({Doubt.OTHER_NUMBER, Doubt.SEPARATED, Doubt.OTHER_RANK})


def doubts_of(levels: Levels, ours: Profile, theirs: Profile) -> tuple[Doubt, ...]:
    """Return why two records are not linked by themselves, vetoes first."""
    is_han = ours.name.is_han or theirs.name.is_han
    is_chinese = is_han or _are_spelled(ours.name, theirs.name)
    is_numbered = Level.SAME in {levels.get(Field.NUMBER), levels.get(Field.NUMBERS)}
    found = {
        Doubt.OTHER_NUMBER: levels.get(Field.NUMBER) is Level.DIFFERENT,
        Doubt.OTHER_RANK: _ranks_differ(ours.newborn, theirs.newborn),
        Doubt.FAMILY_NUMBER: _is_family_number(levels, ours, theirs),
        Doubt.OTHER_NAME: _is_number_under_another_name(levels),
        Doubt.OTHER_BIRTH: _is_number_of_another_birth(levels),
        Doubt.NO_CORROBORATION: not any(
            levels.get(field) in enough for field, enough in _CORROBORATING.items()
        ),
        Doubt.NEWBORN: ours.newborn is not None or theirs.newborn is not None,
        # Of other names the score says the rest: slips are common.
        Doubt.NAME_DIFFERS: _are_two_numbers(levels) or (is_chinese and _names_differ(levels)),
        Doubt.BIRTH_DATE: is_han and not is_numbered and not _birth_agrees(levels),
    }
    return tuple(doubt for doubt, holds in found.items() if holds)


def may_be_vouched_for(levels: Levels, doubts: Iterable[Doubt]) -> bool:
    """Tell whether a third record, certain of both, can lift what stands against two others.

    It can where they say too little, not where they differ.
    """
    accepted = {
        Doubt.NO_CORROBORATION: True,
        Doubt.BIRTH_DATE: Field.BORN not in levels,
        Doubt.OTHER_NAME: levels.get(Field.BORN) is Level.SAME,
        Doubt.FAMILY_NUMBER: levels.get(Field.GUARDIAN) is Level.SWAPPED
        and {levels.get(Field.FAMILY), levels.get(Field.GIVEN)} <= _SOUNDING,
    }
    return all(accepted.get(doubt, False) for doubt in doubts)


def _are_spelled(one: Name, other: Name) -> bool:
    """Tell whether two names in letters are Chinese: one letter makes another name, no slip."""
    return all(
        each.family
        and each.given
        and pinyin.is_spelling(each.family)
        and pinyin.is_spelling(each.given)
        for each in (one, other)
    )


def _ranks_differ(ours: Newborn | None, theirs: Newborn | None) -> bool:
    if ours is None or theirs is None:
        return False
    ranks = {ours.rank, theirs.rank}
    kinds = {ours.kind, theirs.kind} - {"婴"}
    return len(kinds) > 1 or ("" not in ranks and len(ranks) > 1)


def _birth_agrees(levels: Levels) -> bool:
    """Tell whether birth dates agree, or one is missing and what stands for it agrees."""
    if Field.BORN in levels:
        return levels[Field.BORN] in _BORN_AGREES
    stands_for_it = (levels.get(Field.PHONE), levels.get(Field.GUARDIAN))
    return _is_named_alike(levels) and bool({Level.SAME, Level.SWAPPED} & set(stands_for_it))


def _is_named_alike(levels: Levels) -> bool:
    return levels.get(Field.FAMILY) == levels.get(Field.GIVEN) == Level.EXACT


def _is_family_number(levels: Levels, ours: Profile, theirs: Profile) -> bool:
    """Tell whether one number is stated by parent and child, or by siblings and a parent.

    A child without a birth date seems to own its parent's number: of one name it is the child.
    """
    if levels.get(Field.GUARDIAN) is Level.SWAPPED and _is_named_alike(levels):
        return False
    return ours.guardian != theirs.guardian and bool(
        {ours.number, ours.guardian} & {theirs.number, theirs.guardian} - {""}
    )


def _is_number_under_another_name(levels: Levels) -> bool:
    if levels.get(Field.NUMBER) is not Level.SAME:
        return False
    if {levels.get(Field.FAMILY), levels.get(Field.GIVEN)} <= _AGREEING:
        return False
    is_slip = levels.get(Field.GIVEN) in {Level.ONE_CHARACTER, Level.NEAR, Level.HOMOPHONE} or (
        levels.get(Field.FAMILY) in {Level.NEAR, Level.HOMOPHONE}
    )
    return not (is_slip and _is_whole(levels) and levels.get(Field.BORN) is Level.SAME)


def _is_whole(levels: Levels) -> bool:
    return Level.DIFFERENT not in {levels.get(Field.FAMILY), levels.get(Field.GIVEN)}


def _is_number_of_another_birth(levels: Levels) -> bool:
    return levels.get(Field.NUMBER) is Level.SAME and levels.get(Field.BORN) is Level.DIFFERENT


def _are_two_numbers(levels: Levels) -> bool:
    """Tell whether a personal number differs in more than a slip, and no given name agrees.

    So look twins, of whom one may stand without a given name.
    """
    unlike = levels.get(Field.GIVEN, Level.DIFFERENT) is Level.DIFFERENT
    return unlike and levels.get(Field.NUMBERS) is Level.DIFFERENT


def _names_differ(levels: Levels) -> bool:
    """Tell whether a name differs in more than a slip, or says nothing, without a number."""
    if levels.get(Field.NUMBER) is Level.SAME:
        return False
    parts = (levels.get(Field.FAMILY), levels.get(Field.GIVEN))
    return not _AGREEING.issuperset(parts)
