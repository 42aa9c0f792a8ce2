"""The weights of matching: data with a version, and the score that they give."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from math import log2
from typing import Any, cast

from medshare.patients.matching.levels import Field, Level, Levels
from medshare.patients.matching.profile import Profile

NON_MATCHES = ("stranger", "household", "twin")
KINDS = ("match", *NON_MATCHES)
_WHOLE = {Level.EXACT, Level.SPELLED}
_LEAST = 1e-9
OTHER = ""

LevelTable = Mapping[Field, Mapping[Level, Mapping[str, float]]]


class Scheme(StrEnum):
    """Which expectations a pair is weighed by; each overrides what the one before it says."""

    HAN = "han"
    LATIN = "latin"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Expectation:
    """How often a level is met among pairs of each kind, and how often a pair is of the kind.

    A prior is the expected number of such pairs of a record with the ``population`` of the
    catchment: not with the rows so far, or decisions would drift as the index fills.

    ``names`` says how many bear a name, ``OTHER`` standing for those not named; of Han names the
    frequencies are by character, and stand in ``Weights``. A threshold is in bits.
    """

    thresholds: Mapping[str, float]

    priors: Mapping[str, float]
    levels: LevelTable
    names: Mapping[Field, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Weights:
    """All that matching knows before it looks; data with a version."""

    version: str
    population: int
    schemes: Mapping[Scheme, Expectation]
    families: Mapping[str, float]
    characters: Mapping[str, float]
    others: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Score:
    """The log2 odds that two records are one person, and each field's part against strangers."""

    odds: float
    parts: Mapping[Field, float]


@cache
def shipped() -> Weights:
    """Return the weights of this release."""
    return read_weights(shipped_document())


def shipped_document() -> dict[str, Any]:
    """Return the weights of this release as the JSON that they are."""
    text = (files(__package__) / "weights.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


def read_weights(document: Mapping[str, Any]) -> Weights:
    """Read weights from their JSON."""
    frequencies = document["frequencies"]
    return Weights(
        version=document["version"],
        population=document["population"],
        schemes=_read_schemes(document["schemes"]),
        families=frequencies["family"],
        characters=frequencies["character"],
        others={
            name: value for name, value in frequencies.items() if isinstance(value, int | float)
        },
    )


def _read_schemes(document: Mapping[str, Any]) -> Mapping[Scheme, Expectation]:
    found: dict[Scheme, Expectation] = {}
    thresholds: dict[str, float] = {}
    priors: dict[str, float] = {}
    levels: dict[Field, Mapping[Level, Mapping[str, float]]] = {}
    for scheme in Scheme:
        thresholds = thresholds | document[scheme].get("thresholds", {})
        priors = priors | document[scheme].get("priors", {})
        levels = {**levels, **_read_levels(document[scheme]["levels"])}
        names = document[scheme].get("names", {})
        found[scheme] = Expectation(
            thresholds, priors, levels, {Field(each): names[each] for each in names}
        )
    return found


def _read_levels(document: Mapping[str, Mapping[str, Mapping[str, float]]]) -> LevelTable:
    return {
        Field(field): {Level(level): kinds for level, kinds in levels.items()}
        for field, levels in document.items()
    }


def scheme_of(ours: Profile, theirs: Profile) -> Scheme:
    """Tell by which expectations two records are compared.

    Two lines of lists are wrong oftener than two registrations of desks, and hold no twins that
    anything but their names could tell apart.
    """
    if ours.name.is_han or theirs.name.is_han:
        return Scheme.HAN
    return Scheme.LISTED if ours.is_listed and theirs.is_listed else Scheme.LATIN


def score(weights: Weights, levels: Levels, ours: Profile, theirs: Profile) -> Score:
    """Weigh the levels of a pair against the mixture of all that is no match.

    A pair that is not one person is a stranger's, a member's of the household, or a twin's: each
    has its own expectation of every field, and the match has to beat their sum.
    """
    counted = _counted(levels)
    logs = kind_logs(weights, counted, ours, theirs)
    against = log_sum([logs[kind] for kind in NON_MATCHES])
    return Score(logs["match"] - against, _parts(weights, counted, (ours, theirs)))


def kind_logs(weights: Weights, levels: Levels, ours: Profile, theirs: Profile) -> dict[str, float]:
    """Return of each kind of pair the log2 of how likely it is and looks like this."""
    priors = weights.schemes[scheme_of(ours, theirs)].priors
    logs = {}
    for kind in KINDS:
        prior = 1.0 if kind == "stranger" else priors[kind] / weights.population
        logs[kind] = log2(prior) + sum(
            log2(_likelihood(weights, field, level, kind, (ours, theirs)))
            for field, level in levels.items()
        )
    return logs


def _counted(levels: Levels) -> Levels:
    """Leave out what another field has said: an identity number holds the birth date."""
    if levels.get(Field.NUMBER) is Level.SAME and levels.get(Field.BORN) is Level.SAME:
        return {field: level for field, level in levels.items() if field is not Field.BORN}
    return levels


def _parts(
    weights: Weights, levels: Levels, pair: tuple[Profile, Profile]
) -> Mapping[Field, float]:
    return {
        field: log2(_likelihood(weights, field, level, "match", pair))
        - log2(_likelihood(weights, field, level, "stranger", pair))
        for field, level in levels.items()
    }


def _likelihood(
    weights: Weights, field: Field, level: Level, kind: str, pair: tuple[Profile, Profile]
) -> float:
    expected = weights.schemes[scheme_of(*pair)]
    if kind == "stranger" and level in _WHOLE and field in {Field.FAMILY, Field.GIVEN}:
        # Who has a common name meets it among strangers more often.
        known = _frequency(weights, expected, field, pair)
        return expected.levels[field][level][kind] if known is None else max(_LEAST, known)
    return expected.levels[field][level][kind]


def _frequency(
    weights: Weights, expected: Expectation, field: Field, pair: tuple[Profile, Profile]
) -> float | None:
    """Return how many of all people bear the part of a name that a pair has in common."""
    known = next((each.name for each in pair if each.name.is_han), None)
    if known is None:
        ours, theirs = (getattr(each.name, field) for each in pair)
        names = expected.names.get(field)
        return names.get(ours, names[OTHER]) if names and ours == theirs else None
    if field is Field.FAMILY:
        return weights.families.get(known.family, weights.others["other_family"])
    return _given_frequency(weights, known.given)


def _given_frequency(weights: Weights, given: str) -> float:
    other = weights.others["other_single" if len(given) == 1 else "other_character"]
    frequency = 1.0
    for character in given:
        frequency *= weights.characters.get(character, other)
    return frequency


def log_sum(logs: Sequence[float]) -> float:
    """Return the log2 of the sum of what the logs are of."""
    highest = max(logs)
    return highest + log2(sum(2.0 ** (each - highest) for each in logs))
