"""Everything that is in force at an instant, read from the registers and kept while they stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine

from medshare.exams import service as exams
from medshare.exams.model import LOCAL_ITEMS, MANAGED_ITEMS, Coding
from medshare.facilities import service as facilities
from medshare.facilities.model import Member
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.recognition import revision
from medshare.recognition.catalogue import service as catalogue
from medshare.recognition.catalogue.model import Catalogue, evaluator_items
from medshare.recognition.certificates import service as certificates
from medshare.recognition.certificates.model import Scope
from medshare.recognition.policies import service as policies
from medshare.recognition.policies.model import Content, ReasonSet, Terms
from medshare.recognition.programme import FacilityLevel, Programme, ScopeNode


@dataclass(frozen=True, slots=True)
class InForce:
    """What is judged by: the programme for the evaluator, and the policy that stands behind it.

    Parameters
    ----------
    policy_hash
        The content hash of the policy's version; every evaluation names it.
    """

    programme: Programme
    policy_hash: str
    content: Content
    catalogue: Catalogue

    @property
    def reasons(self) -> ReasonSet:
        """Return the coded reasons for a repeat."""
        return ReasonSet(self.policy_hash, self.content.reasons)

    @property
    def terms(self) -> Mapping[str, Terms]:
        """Return price, minutes, dose and card mode of the policy's items, by code."""
        return self.content.terms

    def item_of(self, facility: FacilityCode, coding: Coding) -> str | None:
        """Return the managed item that a facility's code means, ``None`` where nobody knows.

        A facility's own codes mean something in its own mouth only.
        """
        if coding.system not in (MANAGED_ITEMS, LOCAL_ITEMS + facility):
            return None
        item = self.catalogue.item_of(coding.system, coding.code)
        return item if item in self.programme.items else None


# The managed item that a facility's code means, ``None`` where nobody has mapped it.
ItemOf = Callable[[FacilityCode, Coding], str | None]
_Key = tuple[str, str, tuple[Member, ...]]
_kept: WeakKeyDictionary[Engine, tuple[_Key, InForce]] = WeakKeyDictionary()


def load_programme(uow: UnitOfWork, at: datetime) -> InForce:
    """Return what is in force at an instant.

    It is read anew when a register, a facility or the policy in force has changed; otherwise the
    answer costs four small queries.

    Raises
    ------
    NoPolicyInForceError
        No policy is in force then.
    """
    version_id = policies.id_in_force(uow, at)
    members = facilities.members(uow)
    key = (revision.current(uow.session), version_id, members)
    engine = uow.session.get_bind().engine
    kept = _kept.get(engine)
    if kept is not None and kept[0] == key:
        return kept[1]
    fresh = _read(uow, version_id, members)
    _kept[engine] = (key, fresh)
    return fresh


def _read(uow: UnitOfWork, version_id: str, members: tuple[Member, ...]) -> InForce:
    version = policies.get(uow, version_id)
    content, listed = version.content, catalogue.load(uow)
    programme = Programme(
        content.policy,
        evaluator_items(exams.managed_items(uow), listed),
        {scope.code: _node(scope, members) for scope in certificates.scopes(uow)},
        {member.code: FacilityLevel(member.level) for member in members},
        tuple(each.rule for each in certificates.all_certificates(uow)),
    )
    return InForce(programme, version.content_hash, content, listed)


def _node(scope: Scope, members: tuple[Member, ...]) -> ScopeNode:
    inside = tuple(member.code for member in members if scope.code in member.scopes)
    return ScopeNode(scope.code, scope.rank, scope.contains, inside)
