"""The weights of matching: data with a version, and the score that they give."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log2
from typing import Any

from medshare.patients.matching.levels import Field, Level, Levels
from medshare.patients.matching.profile import Profile

NON_MATCHES = ("stranger", "household", "twin")
KINDS = ("match", *NON_MATCHES)
_WHOLE = {Level.EXACT, Level.SPELLED}
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Weights:
    """How often a level is met among pairs of each kind, and how often a pair is of the kind.

    A prior is the expected number of such pairs of a record with the ``population`` of the
    catchment: not with the rows so far, or decisions would drift as the index fills. ``latin``
    holds what differs where both names are in letters.
    """

    version: str
    population: int
    priors: Mapping[str, float]
    thresholds: Mapping[str, float]
    levels: Mapping[Field, Mapping[Level, Mapping[str, float]]]
    latin: Mapping[Field, Mapping[Level, Mapping[str, float]]]
    families: Mapping[str, float]
    characters: Mapping[str, float]
    others: Mapping[str, float]

    def likelihood(self, field: Field, level: Level, kind: str, *, latin: bool) -> float:
        """Return how often pairs of a kind are on a level."""
        levels = self.latin.get(field, self.levels[field]) if latin else self.levels[field]
        return levels[level][kind]


@dataclass(frozen=True, slots=True)
class Score:
    """The log2 odds that two records are one person, and each field's part against strangers."""

    odds: float
    parts: Mapping[Field, float]


@cache
def shipped() -> Weights:
    """Return the weights of this release."""
    text = (files(__package__) / "weights.json").read_text(encoding="utf-8")
    return read_weights(json.loads(text))


def read_weights(document: Mapping[str, Any]) -> Weights:
    """Read weights from their JSON."""
    frequencies = document["frequencies"]
    return Weights(
        version=document["version"],
        population=document["population"],
        priors=document["priors"],
        thresholds=document["thresholds"],
        levels=_read_levels(document["levels"]),
        latin=_read_levels(document["latin"]),
        families=frequencies["family"],
        characters=frequencies["character"],
        others={
            name: value for name, value in frequencies.items() if isinstance(value, int | float)
        },
    )


def _read_levels(
    document: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Mapping[Field, Mapping[Level, Mapping[str, float]]]:
    return {
        Field(field): {Level(level): kinds for level, kinds in levels.items()}
        for field, levels in document.items()
    }


def score(weights: Weights, levels: Levels, ours: Profile, theirs: Profile) -> Score:
    """Weigh the levels of a pair against the mixture of all that is no match.

    A pair that is not one person is a stranger's, a member's of the household, or a twin's: each
    has its own expectation of every field, and the match has to beat their sum.
    """
    counted = _counted(levels)
    logs = {kind: log2(weights.priors.get(kind, 1.0)) for kind in KINDS}
    for kind in KINDS:
        logs[kind] -= 0.0 if kind == "stranger" else log2(weights.population)
        logs[kind] += sum(
            log2(_likelihood(weights, field, level, kind, (ours, theirs)))
            for field, level in counted.items()
        )
    against = _log_sum(logs[kind] for kind in NON_MATCHES)
    return Score(logs["match"] - against, _parts(weights, counted, (ours, theirs)))


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
    if kind == "stranger" and level in _WHOLE:
        # Who has a common name meets it among strangers more often.
        known = next((each.name for each in pair if each.name.is_han), None)
        if known is not None and field is Field.FAMILY:
            return max(_LEAST, weights.families.get(known.family, weights.others["other_family"]))
        if known is not None and field is Field.GIVEN:
            return max(_LEAST, _given_frequency(weights, known.given))
    is_latin = not any(each.name.is_han for each in pair)
    return weights.likelihood(field, level, kind, latin=is_latin)


def _given_frequency(weights: Weights, given: str) -> float:
    other = weights.others["other_single" if len(given) == 1 else "other_character"]
    frequency = 1.0
    for character in given:
        frequency *= weights.characters.get(character, other)
    return frequency


def _log_sum(logs: Iterator[float]) -> float:
    found = list(logs)
    highest = max(found)
    return highest + log2(sum(2.0 ** (each - highest) for each in found))
