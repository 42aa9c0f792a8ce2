"""The catalogue, and what may not be in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from medshare.exams.items import Item as ManagedItem
from medshare.exams.model import MANAGED_ITEMS, ExamKind
from medshare.kernel.errors import ConflictError, InvalidError, NotFoundError
from medshare.recognition.programme import Item, ItemKind, Phase


class CardMode(StrEnum):
    """Whether a repeat asks for a reason, or the card only informs."""

    MECHANICAL = "mechanical"
    INFORMATIVE = "informative"


class DoseClass(StrEnum):
    """The usual effective dose of an item: below 0.1, 1 and 10 mSv, or more."""

    NONE = "none"
    VERY_LOW = "very-low"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Facets:
    """What recognition knows of a managed item beyond its names and body part.

    Parameters
    ----------
    ucum
        The unit in which its values are compared (UCUM, case sensitive).
    comparability_group
        Items of one group are measured alike; empty for an item on its own.
    """

    item: str
    phases: frozenset[Phase] = frozenset()
    specimen: str = ""
    ucum: str = ""
    comparability_group: str = ""
    method_sensitive: bool = False
    dose_class: DoseClass = DoseClass.NONE
    card_mode: CardMode = CardMode.INFORMATIVE


@dataclass(frozen=True, slots=True)
class LocalCode:
    """A code of some system that means a managed item."""

    system: str
    code: str
    item: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A facility's own code that exams bear and no map knows, and how many do."""

    facility: str
    system: str
    code: str
    display: str
    exams: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The whole catalogue as a programme keeps it.

    Parameters
    ----------
    covers
        Pairs of an item and one that a result of it stands for too.
    components
        The items of each panel, in its order.
    """

    facets: Mapping[str, Facets] = field(default_factory=dict)
    covers: frozenset[tuple[str, str]] = frozenset()
    components: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def item_of(self, system: str, code: str) -> str | None:
        """Return the managed item that a code means; an unmapped one is never guessed."""
        return code if system == MANAGED_ITEMS else self.codes.get((system, code))


class CatalogueFileError(InvalidError):
    """A file of a catalogue breaks rules; the issues name file, line and column."""

    slug = "catalogue-file"
    title = "The catalogue's files break rules; nothing was changed"
    title_zh = "目录文件不符合规则，未作任何更改"


class CodeMappedError(ConflictError):
    """The code means another item already."""

    slug = "code-mapped"
    title = "The code is mapped to another item; import the catalogue to change a mapping"
    title_zh = "该代码已映射到其他项目；如需更改，请通过目录导入"


class CodeUnknownError(NotFoundError):
    """The code means nothing."""

    slug = "code-unknown"
    title = "The code is not mapped"
    title_zh = "该代码未对照"


class ItemUnknownError(NotFoundError):
    """The catalogue has no such item."""

    slug = "catalogue-item-unknown"
    title = "There is no such item in the catalogue"
    title_zh = "目录中没有该项目"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the catalogue that stands and one that is brought."""

    part: str
    key: str
    kind: str


def differences(stands: Catalogue, brought: Catalogue) -> list[Change]:
    """Say what an import changes, by part and key.

    What the files do not name stays: items and codes are added and changed, never dropped.
    """
    parts = (
        ("facets", stands.facets, brought.facets),
        ("panels", stands.components, brought.components),
        ("codes", _named(stands.codes), _named(brought.codes)),
        ("covers", _pairs(stands.covers), _pairs(brought.covers)),
    )
    return [
        Change(part, key, "change" if key in old else "add")
        for part, old, new in parts
        for key in sorted(new)
        if old.get(key) != new[key]
    ]


def _named(codes: Mapping[tuple[str, str], str]) -> dict[str, object]:
    return {f"{system}|{code}": item for (system, code), item in codes.items()}


def _pairs(covers: Iterable[tuple[str, str]]) -> dict[str, object]:
    return {f"{item} > {covered}": True for item, covered in covers}


def evaluator_items(managed: Iterable[ManagedItem], catalogue: Catalogue) -> dict[str, Item]:
    """Put the managed items and their facets together into what the evaluator takes."""
    covers: dict[str, set[str]] = {}
    for item, covered in catalogue.covers:
        covers.setdefault(item, set()).add(covered)
    return {
        each.code: _evaluator_item(
            each,
            catalogue.facets.get(each.code, Facets(each.code)),
            frozenset(covers.get(each.code, ())),
            catalogue.components.get(each.code, ()),
        )
        for each in managed
    }


def _evaluator_item(
    item: ManagedItem, facets: Facets, covers: frozenset[str], components: tuple[str, ...]
) -> Item:
    return Item(
        item.code,
        ItemKind.IMAGING if item.kind is ExamKind.IMAGING else ItemKind.LAB,
        item.modality,
        item.body_site,
        item.laterality_required,
        facets.phases,
        facets.specimen,
        covers,
        components,
        facets.method_sensitive,
    )
