"""What the trail hears of evaluations, whichever door they went through."""

from collections.abc import Sequence

from medshare.infra.perform import Context
from medshare.kernel.audit import AuditObject
from medshare.recognition.evaluations.model import Evaluation


def say_whose(context: Context, evaluations: Sequence[Evaluation]) -> None:
    """Tell the trail whose data was judged and released."""
    context.counted(evaluations=len(evaluations))
    for each in evaluations:
        context.touched(AuditObject("evaluation", each.id))
        context.concerns(*each.subjects)
