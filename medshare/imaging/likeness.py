"""Names that are like another: what ``fuzzymatching`` finds (PS3.18 section 8.3.4.2).

A name is found when one of its forms begins with one of the search's or differs from it in few
letters: none up to three, one up to seven, two beyond. Chinese names are compared by their Pinyin
as well, so that homophones find each other. Wildcards have no meaning here.

The database tells most forms from afar: cut into one piece more than letters may differ, a form
leaves one piece whole in whatever is like it.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import pairwise

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract
from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from medshare.imaging.attributes import Matching
from medshare.imaging.model import Condition, ImagingQuery
from medshare.imaging.names import fold, forms_of
from medshare.imaging.rows import PersonNameFormRow

FOUND_MAX = 500
_FEW, _SOME = 4, 8


def with_likeness(session: Session, query: ImagingQuery) -> ImagingQuery:
    """Put in the place of each name that is searched for the names that are like it."""
    if not any(each.matching is Matching.NAME for each in query.conditions):
        return query
    conditions = tuple(
        _likened(session, each) if each.matching is Matching.NAME else each
        for each in query.conditions
    )
    return replace(query, conditions=conditions)


def tolerance(form: str) -> int:
    """Return in how many letters a form may differ."""
    return 0 if len(form) < _FEW else 1 if len(form) < _SOME else 2


def pieces(form: str) -> tuple[str, ...]:
    """Cut a form into pieces one of which stands in every form that is like it."""
    count = tolerance(form) + 1
    ends = [place * len(form) // count for place in range(count + 1)]
    return tuple(form[begin:end] for begin, end in pairwise(ends))


def _likened(session: Session, condition: Condition) -> Condition:
    value = condition.values[0].replace("*", "").replace("?", "")
    wanted = {each.form for each in forms_of(fold(value))}
    keys = dict.fromkeys(_keys(wanted, _forms(session, wanted)))
    found = tuple(str(key) for key in keys)[:FOUND_MAX]
    return Condition(condition.attribute, found, Matching.NAME_KEYS)


def _forms(session: Session, wanted: Collection[str]) -> list[tuple[int, str]]:
    """Read every form that is like one of those wanted, and some that are not."""
    row = PersonNameFormRow
    near = [_may_be_like(row.form, each) for each in wanted]
    rows = session.execute(select(row.name_key, row.form).where(or_(false(), *near)))
    return [(key, form) for key, form in rows]


def _may_be_like(column: InstrumentedAttribute[str], form: str) -> ColumnElement[bool]:
    slips = tolerance(form)
    begins = column.startswith(form, autoescape=True)
    if not slips:
        return begins
    shared = (column.contains(each, autoescape=True) for each in pieces(form))
    as_long = func.length(column).between(len(form) - slips, len(form) + slips)
    return or_(begins, and_(as_long, or_(*shared)))


def _keys(wanted: Collection[str], forms: list[tuple[int, str]]) -> Iterator[int]:
    """Yield the keys of names of which a form is like one of those wanted, the likest first."""
    texts = [form for _key, form in forms]
    ranked: list[tuple[float, int]] = []
    for form in wanted:
        ranked += [(0, key) for key, text in forms if text.startswith(form)]
        close = extract(
            form, texts, scorer=Levenshtein.distance, limit=None, score_cutoff=tolerance(form)
        )
        ranked += [(distance, forms[place][0]) for _text, distance, place in close]
    yield from (key for _distance, key in sorted(ranked))
