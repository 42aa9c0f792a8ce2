"""What the pages of quality control's registers show of policies, trials and codes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from medshare.recognition.catalogue.model import Catalogue
from medshare.recognition.model import Tier
from medshare.recognition.policies.model import PolicyStatus, Version
from medshare.viewer.words import Translate

SPECIMENS = frozenset({"blood", "plasma", "serum", "urine"})


class Standing(StrEnum):
    """How a version of the policy stands at an instant."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class StandingVersion:
    """A version, and how it stands."""

    version: Version
    standing: Standing


def in_force(versions: Iterable[Version], now: datetime) -> Version | None:
    """Return the enacted version that became effective last, ``None`` where none has."""
    effective = [
        each
        for each in versions
        if each.status is PolicyStatus.ENACTED and each.effective_from <= now
    ]
    return max(effective, key=lambda each: (each.effective_from, each.id), default=None)


def standing_of(version: Version, versions: Iterable[Version], now: datetime) -> StandingVersion:
    """Say how a version stands among all of them."""
    if version.status is PolicyStatus.DRAFT:
        return StandingVersion(version, Standing.DRAFT)
    if version.effective_from > now:
        return StandingVersion(version, Standing.ANNOUNCED)
    holds = in_force(versions, now)
    is_it = holds is not None and holds.id == version.id
    return StandingVersion(version, Standing.IN_FORCE if is_it else Standing.SUPERSEDED)


def numbers_of(versions: Sequence[Version]) -> Mapping[str, int]:
    """Return the number of each version by its hash: the first that was drafted is 1."""
    return {each.content_hash: number for number, each in enumerate(versions, 1)}


def people_of(versions: Iterable[Version]) -> Iterator[str | None]:
    """Yield who drafted and who enacted versions."""
    for each in versions:
        yield each.drafted_by
        yield each.enacted_by


def moves_of(found: Mapping[str, Any]) -> Mapping[tuple[str, str], int]:
    """Return how many verdicts of a trial went from which tier to which, for every pair."""
    moved = {(each["before"], each["after"]): each["verdicts"] for each in found.get("moves", [])}
    return {(before, after): moved.get((before, after), 0) for before in Tier for after in Tier}


def specimen_name(specimen: str, t: Translate) -> str:
    """Return what a specimen of the shipped catalogue is called; a city's own stays as it is."""
    return t(f"specimen.{specimen}") if specimen in SPECIMENS else specimen


def codes_by_item(catalogue: Catalogue) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the codes that mean each item, as pairs of a system and a code, in order."""
    codes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, item in sorted(catalogue.codes.items()):
        codes[item].append(key)
    return dict(codes)
