"""Use cases of programmes: enact a version, and find what is in force.

A policy enacted in the registers comes before one that was brought as a whole document.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from medshare.exams.model import LOCAL_ITEMS, MANAGED_ITEMS, Coding
from medshare.facilities import service as facilities
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.recognition.policies import service as policies
from medshare.recognition.policies.model import NoPolicyInForceError
from medshare.recognition.programme import FacilityLevel, Programme
from medshare.recognition.programmes import store
from medshare.recognition.programmes.model import (
    DeclineReason,
    Enacted,
    NoPolicyError,
    PolicyStandsError,
    ReasonSet,
    read_enacted,
)
from medshare.recognition.registers import InForce, load_programme

# The catalogue's code of a facility's item, ``None`` where nobody has mapped it.
ItemOf = Callable[[FacilityCode, Coding], str | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is judged by: the programme in force, its content's hash, and the code map."""

    programme: Programme
    policy_hash: str
    item_of: ItemOf


def enact(uow: UnitOfWork, document: object) -> Enacted:
    """Let a version of a programme come into force on its date; the same again changes nothing.

    Raises
    ------
    InvalidError
        The document has another form, or refers to what it does not describe.
    PolicyStandsError
        The policy's id stands for other content.
    """
    enacted = read_enacted(document)
    stands = store.find_hash(uow.session, enacted.programme.policy.id)
    if stands is None:
        store.add(uow.session, enacted, document, uow.now())
    elif stands != enacted.content_hash:
        raise PolicyStandsError
    return enacted


def rules_in_force(uow: UnitOfWork, at: datetime) -> Rules:
    """Return the rules of an instant, with the facilities' levels and scopes as they stand.

    Raises
    ------
    NoPolicyError
        None are in force.
    """
    enacted = _in_force(uow, at)
    members = facilities.members(uow)
    levels = {each.code: FacilityLevel(each.level) for each in members}
    scopes = {
        code: replace(
            node,
            facilities=(
                *node.facilities,
                *(each.code for each in members if code in each.scopes),
            ),
        )
        for code, node in enacted.programme.scopes.items()
    }
    programme = replace(
        enacted.programme, levels=dict(enacted.programme.levels) | dict(levels), scopes=scopes
    )
    return Rules(programme, enacted.content_hash, _mapping(enacted))


def reasons_in_force(uow: UnitOfWork, at: datetime) -> ReasonSet:
    """Return the reasons for a repeat of an instant.

    Raises
    ------
    NoPolicyError
        No policy is in force.
    """
    return _in_force(uow, at).reasons


def policy_hash(uow: UnitOfWork, policy_id: str) -> str | None:
    """Return the content hash of a policy's version, ``None`` where it is not known."""
    return store.find_hash(uow.session, policy_id) or policies.hash_of_version(uow, policy_id)


def _in_force(uow: UnitOfWork, at: datetime) -> Enacted:
    try:
        return _of_registers(load_programme(uow, at))
    except NoPolicyInForceError:
        enacted = store.find_in_force(uow.session, at)
    if enacted is None:
        raise NoPolicyError
    return enacted


def _of_registers(found: InForce) -> Enacted:
    reasons = tuple(
        DeclineReason(
            each.code,
            each.parent or each.code,
            each.zh,
            each.en,
            each.needs_text,
            each.opens_defect,
        )
        for each in found.reasons
    )
    return Enacted(
        found.programme,
        found.content_hash,
        found.content.effective_from,
        ReasonSet(found.content_hash, reasons),
        found.catalogue.local_codes(),
    )


def _mapping(enacted: Enacted) -> ItemOf:
    def item_of(facility: FacilityCode, coding: Coding) -> str | None:
        if coding.system == MANAGED_ITEMS:
            return coding.code if coding.code in enacted.programme.items else None
        if coding.system != LOCAL_ITEMS + facility:
            return None
        return enacted.code_maps.get(facility, {}).get(coding.code)

    return item_of
