"""The unit of work: one session, the clock, and the facts that go upwards with the commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from medshare.infra.outbox import put_facts
from medshare.kernel.facts import Fact
from medshare.kernel.ports import Clock


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """What a service works in. It commits or rolls back as a whole, by whoever opened it."""

    session: Session
    clock: Clock

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""
        return self.clock.now()

    def new_key(self) -> str:
        """Return a fresh key for a row."""
        return self.clock.new_key()

    def tell(self, fact: Fact) -> None:
        """Hand a fact to the packages above, in this very transaction."""
        put_facts(self.session, self.clock, [fact])

    def tell_all(self, facts: Sequence[Fact]) -> None:
        """Hand many facts to the packages above, in their order."""
        put_facts(self.session, self.clock, facts)
