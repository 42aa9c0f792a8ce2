"""What codes of laboratory results mean: the managed item, its names, and its other codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from medshare.exams import service as exams
from medshare.exams.model import MANAGED_ITEMS, Coding
from medshare.infra.uow import UnitOfWork
from medshare.recognition.catalogue import service as catalogues
from medshare.recognition.catalogue.model import Catalogue
from medshare.recognition.policies.model import NoPolicyInForceError
from medshare.recognition.registers import load_programme
from medshare.viewer.timeline import Named


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: the managed item, empty where nobody has mapped it.

    Parameters
    ----------
    codes
        Pairs of a system and a code, all of which mean the same.
    method_sensitive
        Whether values of different laboratories depend on how they measure.
    """

    item: str
    codes: frozenset[tuple[str, str]]
    method_sensitive: bool = False


def meaning_of(uow: UnitOfWork, coding: Coding) -> Meaning:
    """Return what a code means; one that nobody has mapped means itself."""
    catalogue, own = _catalogue(uow), (coding.system, coding.code)
    item = catalogue.item_of(*own)
    if item is None:
        return Meaning("", frozenset({own}))
    others = {code for code, means in catalogue.codes.items() if means == item}
    facets = catalogue.facets.get(item)
    codes = frozenset({own, (MANAGED_ITEMS, item), *others})
    return Meaning(item, codes, facets is not None and facets.method_sensitive)


def names_of(uow: UnitOfWork, codings: Sequence[Coding]) -> Sequence[Named]:
    """Return what each code is called: by its managed item, else as it was sent."""
    catalogue = _catalogue(uow)
    items = [catalogue.item_of(each.system, each.code) or "" for each in codings]
    names = exams.item_names(uow, {each for each in items if each})
    return [
        Named(*names.get(item, (coding.display or coding.code,) * 2))
        for item, coding in zip(items, codings, strict=True)
    ]


def _catalogue(uow: UnitOfWork) -> Catalogue:
    """Return the catalogue, whether or not a policy is in force."""
    try:
        return load_programme(uow, uow.now()).catalogue
    except NoPolicyInForceError:
        return catalogues.load(uow)
