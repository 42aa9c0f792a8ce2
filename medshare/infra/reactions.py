"""How packages react to the facts of those below them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from medshare.infra.outbox import Deliver, Delivery
from medshare.infra.perform import Context, House, perform, take_part
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, Subject
from medshare.kernel.facts import Fact
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Public
from medshare.kernel.principal import Principal, system_principal

React = Callable[[UnitOfWork, Any], Sequence[Subject]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A handler of one kind of fact.

    ``react(uow, fact)`` returns the persons whose data it changed, empty when nothing had to be
    done. It may run again for the same fact, and must then change nothing.
    """

    fact: type[Fact]
    react: React


def deliverer(house: House, reactions: Sequence[Reaction]) -> Deliver:
    """Return what delivers one fact: all its reactions and its removal, in one audited change."""

    def deliver(delivery: Delivery, within: Session | None) -> None:
        mine = [each for each in reactions if each.fact is type(delivery.fact)]

        def work(context: Context) -> None:
            with context.write() as uow:
                delivery.settle(uow.session)
                subjects = [subject for each in mine for subject in each.react(uow, delivery.fact)]
                if subjects:
                    context.concerns(*subjects)
                else:
                    context.leave_no_entry()

        operation, origin = operation_of(delivery.fact), Origin(delivery.id)
        if within is None:
            perform(house, operation, origin, _outbox, work)
        else:
            take_part(house, within, operation, origin, _outbox(), work)

    return deliver


def operation_of(fact: Fact) -> Operation:
    """Return the operation under which the reactions to a fact stand in the trail."""
    access = Public("A fact of our own.")
    return Operation(f"outbox.{fact.kind}", access, Recorded(AuditAction.UPDATE))


def _outbox() -> Principal:
    return system_principal("outbox")
