"""Weights estimated anew from the records of an index, without labels and without its links.

What two records of one person look like is learnt from pairs that share a candidate key, weighed by
the weights so far: the links that these made are not looked at, or every error would confirm
itself. What strangers, households and twins expect stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import RecordId
from medshare.patients import store
from medshare.patients.matching import store as matching
from medshare.patients.matching.estimating import Pair, reestimated, sampled
from medshare.patients.matching.keys import keys_of
from medshare.patients.matching.profile import Profile, profile_of
from medshare.patients.matching.weights import Scheme

# Lists tell more of themselves than a sample shows: benchmarks/matching/estimate.py has them whole.
SCHEMES = (Scheme.HAN, Scheme.LATIN)
CHUNK = 2000


def drawn_ids(uow: UnitOfWork, wanted: int, seed: int) -> list[RecordId]:
    """Draw about as many records as wanted, each as likely as any other."""
    draw = Random(seed)  # noqa: S311  # a sample that can be had again
    share = min(1.0, wanted / max(1, store.count_records(uow.session)))
    found: list[RecordId] = []
    after = ""
    while ids := store.ids_after(uow.session, after, CHUNK):
        found += [each for each in ids if draw.random() < share]
        after = ids[-1]
    return found


def reestimate(
    uow: UnitOfWork, document: Mapping[str, Any], ids: Sequence[RecordId], version: str
) -> tuple[dict[str, Any], int]:
    """Return weights learnt from some records and all that share a key with them.

    Returns
    -------
    tuple
        The weights as JSON, and the number of pairs that they were learnt from.
    """
    profiles: list[Profile] = []
    pairs = list(_pairs(uow, ids, profiles))
    found = {**document, "version": version}
    for scheme in SCHEMES:
        found = reestimated(found, sampled(profiles, pairs, (), scheme), scheme, version)
    return found, len(pairs)


def _pairs(uow: UnitOfWork, ids: Sequence[RecordId], profiles: list[Profile]) -> Iterator[Pair]:
    for record_id in ids:
        entry = store.load(uow.session, record_id)
        if entry is None:
            continue
        profile = profile_of(entry.registration)
        profiles.append(profile)
        met = matching.meet(uow.session, keys_of(profile))
        for other in matching.candidates(uow.session, met.record_ids, but=record_id):
            yield profile, other.profile
        uow.session.expunge_all()


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield how often matches are on a level, where that differs."""
    for scheme in SCHEMES:
        levels = after["schemes"][scheme]["levels"]
        for field, each in levels.items():
            for level, kinds in each.items():
                known = before["schemes"][scheme]["levels"].get(field, {}).get(level, {})
                if known.get("match") != kinds["match"]:
                    yield {
                        "scheme": scheme,
                        "field": field,
                        "level": level,
                        "before": known.get("match"),
                        "after": kinds["match"],
                    }
