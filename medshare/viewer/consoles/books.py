"""What auditors are answered from."""

from collections.abc import Callable
from dataclasses import dataclass

from medshare.audit.questions.service import Questions
from medshare.audit.sealed_log import SealedLog
from medshare.audit.trail import Trail
from medshare.kernel.ports import PatientAliases


@dataclass(frozen=True, slots=True)
class Books:
    """The trail, its seal, and what may be asked of both.

    Parameters
    ----------
    judge
        Seals what waits, and looks for anomalies in it.
    """

    trail: Trail
    questions: Questions
    log: SealedLog
    aliases: PatientAliases
    judge: Callable[[], None]
