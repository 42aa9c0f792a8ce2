"""The catalogue in and out of JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields

from medshare.recognition.catalogue.model import (
    CardMode,
    Catalogue,
    Change,
    DoseClass,
    Facets,
    LocalCode,
    Unmapped,
)
from medshare.recognition.programme import Phase
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Code, Flag, Input, OneOf, Text


class CatalogueImportSchema(Input):
    """The texts of CSV files by their names, and whether they are only to be tried."""

    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    dryRun = Flag(required=True)  # noqa: N815  # JSON's spelling


class CatalogueChangeSchema(Input):
    """One thing that an import changes."""

    part = fields.String(required=True)
    key = fields.String(required=True)
    kind = fields.String(required=True)


class CatalogueChangesSchema(Input):
    """All that an import changes, or would."""

    dryRun = fields.Boolean(required=True)  # noqa: N815  # JSON's spelling
    items = fields.List(fields.Nested(CatalogueChangeSchema), required=True)


class FacetsSchema(Input):
    """What recognition knows of an item."""

    item = fields.String(required=True)
    phases = fields.List(OneOf(Phase), required=True)
    specimen = fields.String(required=True)
    ucum = fields.String(required=True)
    comparabilityGroup = fields.String(required=True)  # noqa: N815  # JSON's spelling
    methodSensitive = fields.Boolean(required=True)  # noqa: N815  # JSON's spelling
    doseClass = OneOf(DoseClass, required=True)  # noqa: N815  # JSON's spelling
    cardMode = OneOf(CardMode, required=True)  # noqa: N815  # JSON's spelling
    covers = fields.List(fields.String(), required=True)
    components = fields.List(fields.String(), required=True)


class FacetsListSchema(Input):
    """The catalogue's items."""

    items = fields.List(fields.Nested(FacetsSchema), required=True)


class ItemCodeSchema(Input):
    """What a code of some system means."""

    system = Text(required=True, high=64)
    code = Code(required=True)
    item = Code(required=True)


class ItemCodeListSchema(Input):
    """The code maps."""

    items = fields.List(fields.Nested(ItemCodeSchema), required=True)


class UnmapQuerySchema(Input):
    """Which code means nothing any more."""

    system = Text(required=True, high=64)
    code = Code(required=True)


class UnmappedCodeSchema(Input):
    """A facility's own code that exams bear and no map knows."""

    facility = fields.String(required=True)
    system = fields.String(required=True)
    code = fields.String(required=True)
    display = fields.String(required=True)
    exams = fields.Integer(required=True)


class UnmappedCodeListSchema(Input):
    """The work list, the busiest first."""

    items = fields.List(fields.Nested(UnmappedCodeSchema), required=True)


@dataclass(frozen=True, slots=True)
class Brought:
    """An import that is asked for."""

    files: Mapping[str, str]
    dry_run: bool


def load_import() -> Brought:
    """Load an import."""
    data = load_json(CatalogueImportSchema())
    return Brought(data["files"], data["dryRun"])


def load_code() -> LocalCode:
    """Load what a code means."""
    return LocalCode(**load_json(ItemCodeSchema()))


def load_unmap() -> tuple[str, str]:
    """Load which code means nothing any more."""
    data = cast("dict[str, Any]", load_arguments(UnmapQuerySchema()))
    return data["system"], data["code"]


def dump_change(change: Change) -> dict[str, object]:
    """Show a change."""
    return {"part": change.part, "key": change.key, "kind": change.kind}


def dump_facets(facets: Facets, catalogue: Catalogue) -> dict[str, object]:
    """Show an item with what it covers and consists of."""
    return {
        "item": facets.item,
        "phases": sorted(facets.phases),
        "specimen": facets.specimen,
        "ucum": facets.ucum,
        "comparabilityGroup": facets.comparability_group,
        "methodSensitive": facets.method_sensitive,
        "doseClass": facets.dose_class,
        "cardMode": facets.card_mode,
        "covers": sorted(covered for item, covered in catalogue.covers if item == facets.item),
        "components": list(catalogue.components.get(facets.item, ())),
    }


def dump_code(code: LocalCode) -> dict[str, object]:
    """Show what a code means."""
    return {"system": code.system, "code": code.code, "item": code.item}


def dump_unmapped(code: Unmapped) -> dict[str, object]:
    """Show a code that waits for a meaning."""
    return {
        "facility": code.facility,
        "system": code.system,
        "code": code.code,
        "display": code.display,
        "exams": code.exams,
    }
