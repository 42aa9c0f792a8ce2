"""Use cases of policies."""

import csv
from datetime import datetime
from importlib.resources import files

import orjson

from medshare.exams import service as exams
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import Issue
from medshare.recognition.catalogue import service as catalogue
from medshare.recognition.certificates import service as certificates
from medshare.recognition.policies import store
from medshare.recognition.policies.model import (
    Content,
    Difference,
    NoPolicyInForceError,
    PolicyDocumentError,
    PolicyUnknownError,
    Version,
    canonical,
    check_enactment,
    differences,
    hash_of,
    read_content,
)


def draft(uow: UnitOfWork, document: object, by: str) -> tuple[Version, bool]:
    """Write down a draft; tell whether it was new. Equal content is the version that stands.

    Raises
    ------
    PolicyDocumentError
        The document is not of the form, or names items or a scope that are not registered.
    """
    version_id = uow.new_key()
    content = read_content(document, version_id)
    text = canonical(document)
    stands = store.find_by_hash(uow.session, hash_of(text))
    if stands is not None:
        return stands, False
    _check_names(uow, content)
    version = Version(version_id, text, hash_of(text), content.effective_from, by, uow.now())
    store.add(uow.session, version)
    return version, True


def _check_names(uow: UnitOfWork, content: Content) -> None:
    managed = {each.code for each in exams.managed_items(uow)}
    issues = [
        Issue(
            f"/items/{number}",
            "item-unknown",
            "The item at this place of the list is not managed; correct its code.",
            "该位置的项目不在统一目录中，请更正代码。",
        )
        for number, code in enumerate(content.policy.items)
        if code not in managed
    ]
    if content.scope not in {each.code for each in certificates.scopes(uow)}:
        issues.append(
            Issue(
                "/scope",
                "scope-unknown",
                "The scope is not registered; register it first.",
                "该互认范围未登记，请先登记。",
            )
        )
    if issues:
        raise PolicyDocumentError(issues=issues)


def enact(uow: UnitOfWork, version_id: str, by: str) -> Version:
    """Put a draft into force from its effective date on; it supersedes what was in force before.

    Raises
    ------
    PolicyUnknownError, PolicyEnactedError, SamePersonError, RetroactiveError
        It cannot be.
    """
    version = store.find_to_change(uow.session, version_id)
    if version is None:
        raise PolicyUnknownError
    check_enactment(version, by, uow.now(), store.latest_effective(uow.session))
    store.enact(uow.session, version_id, by, uow.now())
    return get(uow, version_id)


def get(uow: UnitOfWork, version_id: str) -> Version:
    """Return a version.

    Raises
    ------
    PolicyUnknownError
        There is none.
    """
    version = store.find(uow.session, version_id)
    if version is None:
        raise PolicyUnknownError
    return version


def get_by_hash(uow: UnitOfWork, content_hash: str) -> Version:
    """Return the version of a content.

    Raises
    ------
    PolicyUnknownError
        There is none.
    """
    version = store.find_by_hash(uow.session, content_hash)
    if version is None:
        raise PolicyUnknownError
    return version


def all_versions(uow: UnitOfWork) -> list[Version]:
    """Return every version, in the order in which they were drafted."""
    return store.page(uow.session, after="", limit=None)


def hash_of_version(uow: UnitOfWork, version_id: str) -> str | None:
    """Return the content hash of a version, ``None`` where there is none."""
    version = store.find(uow.session, version_id)
    return None if version is None else version.content_hash


def id_in_force(uow: UnitOfWork, at: datetime) -> str:
    """Return the id of the version that is in force at an instant.

    Raises
    ------
    NoPolicyInForceError
        There is none.
    """
    version_id = store.id_in_force(uow.session, at)
    if version_id is None:
        raise NoPolicyInForceError
    return version_id


def page(uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[Version]:
    """List versions, drafts among them, in the order in which they were drafted."""
    keys = read_cursor(cursor, 1)
    found = store.page(uow.session, after=keys[0] if keys else "", limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def compare(uow: UnitOfWork, before_id: str, after_id: str) -> list[Difference]:
    """Say in which places two versions differ.

    Raises
    ------
    PolicyUnknownError
        One of them is not there.
    """
    before, after = get(uow, before_id), get(uow, after_id)
    return differences(orjson.loads(before.text), orjson.loads(after.text))


def sample_document(uow: UnitOfWork, scope: str, effective_from: datetime) -> dict[str, object]:
    """Make a document of this release's sample windows and the national reasons.

    A programme changes it before it is enacted; each window says where it comes from.
    """
    folder = files(__package__ or "") / "seed"
    facets = catalogue.load(uow).facets
    reasons: object = orjson.loads((folder / "reasons.json").read_bytes())
    windows = csv.DictReader((folder / "windows.csv").read_text(encoding="utf-8").splitlines())
    items = {
        row["item"]: {
            "window": row["window"],
            "rapid": row["rapid"] == "true",
            "cardMode": facets[row["item"]].card_mode,
            "priceYuan": float(row["price_yuan"]),
            "minutes": int(row["minutes"]),
            "mSv": float(row["msv"] or 0),
            "costsSource": row["costs_source"],
            "source": row["source"],
        }
        for row in windows
    }
    return {
        "programme": "sample",
        "scope": scope,
        "effectiveFrom": effective_from.isoformat(),
        "timeZone": "Asia/Shanghai",
        "items": items,
        "reasons": reasons,
    }
