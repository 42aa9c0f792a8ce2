"""How much one caller may ask for in a while, and what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from medshare.kernel.errors import ErrorKind, MedshareError


@dataclass(frozen=True, slots=True)
class Budget:
    """``quota`` requests in every ``window``, under a name that callers see."""

    name: str
    quota: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a budget, and in how many seconds there is more of it."""

    budget: Budget
    remaining: int
    reset_s: int


class TooManyRequestsError(MedshareError):
    """The caller has used a budget up."""

    kind = ErrorKind.TOO_MANY_REQUESTS
    slug = "too-many-requests"
    title = "Too many requests; wait as long as Retry-After says"
    title_zh = "请求过于频繁，请按 Retry-After 等待后重试"

    def __init__(self, allowances: Sequence[Allowance]) -> None:
        super().__init__(params={"retry_after_s": max(each.reset_s for each in allowances)})
        self.allowances = tuple(allowances)


class TooManyLookUpsError(TooManyRequestsError):
    """Persons were looked up more often than the work of one desk explains."""

    slug = "too-many-look-ups"
    title = "Too many look-ups of persons; wait as long as Retry-After says"
    title_zh = "患者检索过于频繁，请按 Retry-After 等待后重试"
