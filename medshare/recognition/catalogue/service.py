"""Use cases of the catalogue."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from medshare.exams import service as exams
from medshare.exams.model import LOCAL_ITEMS
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, Issue
from medshare.recognition import revision
from medshare.recognition.catalogue import store
from medshare.recognition.catalogue.files import FILES, read_catalogue
from medshare.recognition.catalogue.model import (
    Catalogue,
    Change,
    CodeMappedError,
    CodeUnknownError,
    Facets,
    ItemUnknownError,
    LocalCode,
    Unmapped,
    differences,
)

ITEM_UNKNOWN = Issue(
    "/item",
    "item-unknown",
    "The code is not in the managed list; send one that is.",
    "项目代码不在统一目录中，请填写目录内代码。",
)


def seed(uow: UnitOfWork) -> None:
    """Bring this release's catalogue into an empty database; a kept one is left alone."""
    if not load(uow).facets:
        bring(uow, packaged_files(), dry_run=False)


def packaged_files() -> dict[str, str]:
    """Return the texts of the catalogue that comes with this release."""
    folder = files(__package__ or "") / "seed"
    return {name: (folder / name).read_text(encoding="utf-8") for name in FILES}


def bring(uow: UnitOfWork, texts: Mapping[str, str], *, dry_run: bool) -> list[Change]:
    """Import a catalogue and say what changed, or what would.

    Raises
    ------
    CatalogueFileError
        Something in the files is wrong; nothing was changed.
    """
    brought = read_catalogue(texts, {each.code for each in exams.managed_items(uow)})
    changes = differences(load(uow), brought)
    if changes and not dry_run:
        store.put(uow.session, brought)
        revision.renew(uow)
    return changes


def load(uow: UnitOfWork) -> Catalogue:
    """Return the whole catalogue."""
    return store.load(uow.session)


def unmapped(uow: UnitOfWork) -> Sequence[Unmapped]:
    """List the facilities' own codes that exams bear and no map knows, the busiest first."""
    mapped = store.codes_of(uow.session, LOCAL_ITEMS)
    return [
        Unmapped(each.facility, each.system, each.code, each.display, each.exams)
        for each in exams.local_codes(uow)
        if (each.system, each.code) not in mapped
    ]


def map_code(uow: UnitOfWork, code: LocalCode) -> None:
    """Say what a code means; exams that bear it count from now on.

    Raises
    ------
    InvalidError
        The item is not managed.
    CodeMappedError
        The code means another item already.
    """
    if exams.find_item(uow, code.item) is None:
        raise InvalidError(issues=[ITEM_UNKNOWN])
    stands = store.find_code(uow.session, code.system, code.code)
    if stands not in (None, code.item):
        raise CodeMappedError
    if stands is None:
        store.put(uow.session, Catalogue(codes={(code.system, code.code): code.item}))
        revision.renew(uow)


def unmap_code(uow: UnitOfWork, system: str, code: str) -> None:
    """Take back what a code means.

    Raises
    ------
    CodeUnknownError
        It means nothing.
    """
    if store.find_code(uow.session, system, code) is None:
        raise CodeUnknownError
    store.remove_code(uow.session, system, code)
    revision.renew(uow)


def facets_of(catalogue: Catalogue, item: str) -> Facets:
    """Return an item of the catalogue.

    Raises
    ------
    ItemUnknownError
        It has none of this code.
    """
    if item not in catalogue.facets:
        raise ItemUnknownError
    return catalogue.facets[item]
