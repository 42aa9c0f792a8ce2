"""Weights estimated from records themselves: expectation and maximisation, without labels."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

from medshare.patients.matching.levels import Field, Level, Levels, compare
from medshare.patients.matching.profile import Profile
from medshare.patients.matching.weights import (
    KINDS,
    OTHER,
    Scheme,
    Weights,
    kind_logs,
    log_sum,
    read_weights,
    scheme_of,
)

ROUNDS_MAX = 50
_SETTLED = 1e-4  # of a frequency, from one round to the next
# What the weights before say counts as so many pairs: a level that was not met is not impossible.
_TRUST = 20.0
_PRIOR_LEAST = 1e-4
_FREQUENCY_LEAST = 1e-7
_COMMON = 0.002  # of all people, from where on a name has a frequency of its own
# Births bring so many twins, and houses so many people, whatever a sample of desks holds; only
# lists tell themselves what else is in them.
_TELLING = {Scheme.LISTED}
# Who agrees so shares a key: all such pairs are met.
_KEYED = {(Field.ADDRESS, Level.SAME), (Field.ADDRESS, Level.NEAR), (Field.NUMBERS, Level.SAME)}

Pair = tuple[Profile, Profile]
Levelled = Mapping[tuple[Field, Level], float]


class Pattern(NamedTuple):
    """How a pair agrees, with the parts of the name that are the same."""

    levels: tuple[tuple[Field, Level], ...]
    family: str
    given: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs of records that share a key, and others drawn at random, by how they agree."""

    records: int
    names: Mapping[Field, Mapping[str, float]]
    met: Mapping[Pattern, int]
    drawn: Mapping[Pattern, int]
    examples: Mapping[Pattern, Pair]


def sampled(
    profiles: Sequence[Profile], met: Iterable[Pair], drawn: Iterable[Pair], scheme: Scheme
) -> Sample:
    """Count the pairs of one scheme by their levels."""
    examples: dict[Pattern, Pair] = {}
    return Sample(
        records=len(profiles),
        names={
            Field.FAMILY: _frequencies(each.name.family for each in profiles),
            Field.GIVEN: _frequencies(each.name.given for each in profiles),
        },
        met=_counted(met, scheme, examples),
        drawn=_counted(drawn, scheme, examples),
        examples=examples,
    )


def _frequencies(names: Iterable[str]) -> Mapping[str, float]:
    """Return how many bear each common name, and how often two of the others share one."""
    counted = Counter(filter(None, names))
    total = counted.total()
    shares = {name: count / total for name, count in sorted(counted.items())}
    common = {name: round(each, 5) for name, each in shares.items() if each >= _COMMON}
    rare = [each for each in shares.values() if each < _COMMON] or [_COMMON]
    return {OTHER: round(sum(each * each for each in rare) / sum(rare), 5), **common}


def _counted(
    pairs: Iterable[Pair], scheme: Scheme, examples: dict[Pattern, Pair]
) -> Mapping[Pattern, int]:
    patterns: Counter[Pattern] = Counter()
    for ours, theirs in pairs:
        if scheme_of(ours, theirs) is scheme:
            levels = compare(ours, theirs)
            pattern = Pattern(tuple(sorted(levels.items())), *_common_name(levels, ours))
            patterns[pattern] += 1
            examples.setdefault(pattern, (ours, theirs))
    return patterns


def _common_name(levels: Levels, ours: Profile) -> tuple[str, str]:
    family = ours.name.family if levels.get(Field.FAMILY) is Level.EXACT else ""
    return family, ours.name.given if levels.get(Field.GIVEN) is Level.EXACT else ""


def reestimated(
    document: Mapping[str, Any], sample: Sample, scheme: Scheme, version: str
) -> dict[str, Any]:
    """Return weights with what one record of a person expects of another, learnt from a sample.

    What households and twins expect stays; strangers, names and priors too, but in lists.

    Parameters
    ----------
    document
        The weights before, as JSON; they are where the estimation starts.
    version
        What the new weights are called.
    """
    found = {**deepcopy(dict(document)), "version": version}
    before = read_weights(document)
    if scheme in _TELLING:
        found["schemes"][scheme]["names"] = sample.names
    for _ in range(ROUNDS_MAX):
        if _round(found, before, sample, scheme) < _SETTLED:
            break
    return found


def _round(found: dict[str, Any], before: Weights, sample: Sample, scheme: Scheme) -> float:
    """Judge every pair by the weights so far, then count the levels of each kind."""
    weights = read_weights(found)
    own = found["schemes"][scheme]
    kinds, matches = _weighed(weights, sample, sample.met, "match")
    table = before.schemes[scheme].levels
    change = _put(own["levels"], table, matches, "match")
    if scheme in _TELLING:
        own["priors"] = _priors(kinds, sample.records)
        change = max(change, _put(own["levels"], table, _strangers(weights, sample), "stranger"))
    return change


def _strangers(weights: Weights, sample: Sample) -> Levelled:
    """Return the levels of strangers, in as many pairs as were drawn at random.

    What agrees so that it always shares a key is too rare among those: it is counted among the
    pairs that share one.
    """
    _, found = _weighed(weights, sample, sample.drawn, "stranger")
    _, met = _weighed(weights, sample, sample.met, "stranger")
    share = sum(sample.drawn.values()) / (sample.records * (sample.records - 1) / 2)
    return dict(found) | {each: met.get(each, 0.0) * share for each in _KEYED}


def _weighed(
    weights: Weights, sample: Sample, patterns: Mapping[Pattern, int], wanted: str
) -> tuple[Mapping[str, float], Levelled]:
    """Return how many pairs are of each kind, and the levels of those of the wanted kind."""
    levels: dict[tuple[Field, Level], float] = defaultdict(float)
    kinds: dict[str, float] = defaultdict(float)
    for pattern, count in patterns.items():
        likely = _shares(weights, pattern, sample.examples[pattern])
        for kind in KINDS:
            kinds[kind] += count * likely[kind]
        for each in pattern.levels:
            levels[each] += count * likely[wanted]
    return kinds, levels


def _shares(weights: Weights, pattern: Pattern, example: Pair) -> Mapping[str, float]:
    logs = kind_logs(weights, dict(pattern.levels), *example)
    total = log_sum(list(logs.values()))
    return {kind: 2.0 ** (log - total) for kind, log in logs.items()}


def _priors(kinds: Mapping[str, float], records: int) -> dict[str, float]:
    """Return the expected number of pairs of each kind that a record is in."""
    return {
        kind: round(max(_PRIOR_LEAST, 2 * kinds[kind] / records), 4)
        for kind in KINDS
        if kind != "stranger"
    }


def _put(
    entries: dict[str, Any],
    table: Mapping[Field, Mapping[Level, Mapping[str, float]]],
    counted: Levelled,
    kind: str,
) -> float:
    """Write down how often a kind is on each level, and return the greatest change."""
    greatest = 0.0
    for field, levels in table.items():
        total = sum(counted.get((field, level), 0.0) for level in levels)
        if total < 1:
            continue
        own = entries.setdefault(field, {level: dict(kinds) for level, kinds in levels.items()})
        for level, kinds in levels.items():
            is_counted_whole = kind == "stranger" and (field, level) in _KEYED
            trust = 0.0 if is_counted_whole else _TRUST
            met = counted.get((field, level), 0.0) + trust * kinds[kind]
            least = _FREQUENCY_LEAST if is_counted_whole else 1 / total
            share = float(f"{max(least, met / (total + trust)):.3g}")
            greatest = max(greatest, abs(share - own[level][kind]))
            own[level][kind] = share
    return greatest
