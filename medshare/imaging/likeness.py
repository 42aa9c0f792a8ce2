"""Names that are like another: what ``fuzzymatching`` finds (PS3.18 section 8.3.4.2).

A name is found when one of its forms begins with one of the search's or differs from it in few
letters: none up to three, one up to seven, two beyond. Chinese names are compared by their Pinyin
as well, so that homophones find each other. Wildcards have no meaning here.
"""

from collections.abc import Iterator
from dataclasses import replace

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract
from sqlalchemy import select
from sqlalchemy.orm import Session

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
    forms = _forms(session)
    conditions = tuple(
        _likened(each, forms) if each.matching is Matching.NAME else each
        for each in query.conditions
    )
    return replace(query, conditions=conditions)


def tolerance(form: str) -> int:
    """Return in how many letters a form may differ."""
    return 0 if len(form) < _FEW else 1 if len(form) < _SOME else 2


def _forms(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(select(PersonNameFormRow.name_key, PersonNameFormRow.form))
    return [(key, form) for key, form in rows]


def _likened(condition: Condition, forms: list[tuple[int, str]]) -> Condition:
    keys = dict.fromkeys(_keys(condition.values[0], forms))
    found = tuple(str(key) for key in keys)[:FOUND_MAX]
    return Condition(condition.attribute, found, Matching.NAME_KEYS)


def _keys(value: str, forms: list[tuple[int, str]]) -> Iterator[int]:
    """Yield the keys of names that are like a value, the likest first."""
    wanted = {each.form for each in forms_of(fold(value.replace("*", "").replace("?", "")))}
    texts = [form for _key, form in forms]
    ranked: list[tuple[float, int]] = []
    for form in wanted:
        ranked += [(0, key) for key, text in forms if text.startswith(form)]
        close = extract(
            form, texts, scorer=Levenshtein.distance, limit=None, score_cutoff=tolerance(form)
        )
        ranked += [(distance, forms[place][0]) for _text, distance, place in close]
    yield from (key for _distance, key in sorted(ranked))
