"""How often persons were looked up, which the trail knows: it has an entry of each look-up.

So the budgets hold across processes and restarts and cost no write. Whoever tries numbers one
after another uses the same up whether somebody is found, nobody, or somebody whom they may not
see.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from medshare.audit.model import LookUpQuery
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.ports import Clock
from medshare.kernel.principal import Principal, PrincipalKind
from medshare.kernel.throttle import Allowance, Budget, TooManyLookUpsError

WINDOW = timedelta(minutes=10)
RECOUNT = timedelta(seconds=5)
"""For how long a process believes its count; it adds its own look-ups to it meanwhile."""
CALLERS_MAX = 4096


@dataclass(slots=True)
class _Count:
    times: list[datetime]
    counted_at: datetime


class LookUps:
    """Implements the ``Throttle`` port for what tells whose a number is.

    All that needs the permission to search persons has one budget, a console's own look-up another.

    Parameters
    ----------
    times_of
        Returns when the look-ups of a question were, newest first.
    of_person
        Look-ups in ten minutes of a person who logged in, or whom a client names.
    missed_by_client
        Look-ups in ten minutes that showed a client nobody: misses are normal at a desk where
        people register, thousands are not.
    """

    def __init__(
        self,
        clock: Clock,
        times_of: Callable[[LookUpQuery], list[datetime]],
        *,
        of_person: int,
        missed_by_client: int,
    ) -> None:
        self._clock = clock
        self._times_of = times_of
        self._person = Budget("look-ups", of_person, WINDOW)
        self._client = Budget("missed-look-ups", missed_by_client, WINDOW)
        self._counts: dict[tuple[str, str, bool, str], _Count] = {}
        self._lock = threading.Lock()

    def admit(
        self, principal: Principal, operation: Operation, origin: Origin
    ) -> Sequence[Allowance]:
        """Hold a look-up to its budgets.

        Raises
        ------
        TooManyLookUpsError
            One of them is used up.
        """
        del origin
        recorded = operation.audit
        own = operation.name if isinstance(recorded, Recorded) and recorded.look_up else ""
        if not own and operation.access is not Permission.PATIENT_SEARCH:
            return ()
        left = [self._left(*each) for each in self._budgets(principal, own)]
        spent = [each for each in left if each.remaining < 0]
        if spent:
            raise TooManyLookUpsError([_at_least_none(each) for each in spent])
        return left

    def _budgets(self, principal: Principal, own: str) -> Iterator[tuple[Budget, LookUpQuery]]:
        since = self._clock.now() - WINDOW
        acting = principal.acting_user
        if acting is not None and self._person.quota:
            quota = self._person.quota
            yield self._person, LookUpQuery(principal.id, since, quota, acting.id, operation=own)
        if principal.kind is PrincipalKind.CLIENT and self._client.quota:
            query = LookUpQuery(principal.id, since, self._client.quota, missed=True)
            yield self._client, query

    def _left(self, budget: Budget, query: LookUpQuery) -> Allowance:
        """Return what is left once this look-up has been done, -1 where nothing was before it."""
        now = self._clock.now()
        key = (query.principal_id, query.acting_user, query.missed, query.operation)
        with self._lock:
            count = self._counts.get(key)
        if count is None or now - count.counted_at >= RECOUNT:
            count = _Count(self._times_of(query), now)
            with self._lock:
                if len(self._counts) >= CALLERS_MAX:
                    self._counts.clear()
                self._counts[key] = count
        with self._lock:
            used = len(count.times)
            if used < budget.quota and not query.missed:  # whether it misses is not known yet
                count.times.insert(0, now)
        oldest = count.times[-1] if count.times else now
        return Allowance(
            budget, budget.quota - used - 1, ceil((oldest + WINDOW - now).total_seconds())
        )


def _at_least_none(allowance: Allowance) -> Allowance:
    return Allowance(allowance.budget, 0, allowance.reset_s)
