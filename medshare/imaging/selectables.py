"""What other packages may join of imaging."""

from sqlalchemy import ScalarSelect, SQLColumnExpression, select

from medshare.imaging.rows import StudyRow


def sensitivity_of(
    study_instance_uid: SQLColumnExpression[str | None],
) -> ScalarSelect[str | None]:
    """Select the class of a study, null where it has none or there is no such study."""
    named = select(StudyRow.sensitivity).where(StudyRow.study_instance_uid == study_instance_uid)
    return named.scalar_subquery()
