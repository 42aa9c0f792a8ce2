"""What a version of the policy changes of another, in words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from medshare.recognition import documents
from medshare.recognition.policies.model import Difference
from medshare.viewer.figures import number
from medshare.viewer.shown import moment
from medshare.viewer.words import Language, Translate

NOTHING = "–"
# What a document means by leaving a term out.
UNSAID = {
    **dict.fromkeys(("rapid", "needsText", "opensDefect"), False),
    **dict.fromkeys(("priceYuan", "minutes", "mSv"), 0),
}
SOURCES = frozenset({"sample", "hubei-list"})
Names = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One term that differs; ``subject`` is the item or the reason, empty for the policy itself."""

    subject: str
    term: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the terms of a policy document in the language of the page.

    Parameters
    ----------
    items, scopes
        Chinese and English names by code.
    zone
        The city's, in which instants are told.
    """

    items: Names
    scopes: Names
    language: Language
    t: Translate
    zone: ZoneInfo

    def changes(self, differences: Iterable[Difference]) -> Iterator[Change]:
        """Tell every term of which two versions say something else."""
        for each in self._all(differences):
            if each.before != each.after:
                yield each

    def _all(self, differences: Iterable[Difference]) -> Iterator[Change]:
        for each in differences:
            match each.pointer.split("/")[1:]:
                case ["reasons"]:
                    yield from self._reasons(_by_code(each.before), _by_code(each.after))
                case ["items", code]:
                    yield from self._parts(self.name(self.items, code), each.before, each.after)
                case ["items", code, term]:
                    subject = self.name(self.items, code)
                    yield from self._parts(subject, {term: each.before}, {term: each.after})
                case [*_, term]:
                    yield from self._parts("", {term: each.before}, {term: each.after})
                case _:  # the documents as a whole: objects, both of them
                    continue

    def _reasons(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
        for code in {**before, **after}:
            old, new = before.get(code, {}), after.get(code, {})
            named = new or old
            yield from self._parts(self.language.choose(named["zh"], named["en"]), old, new)

    def _parts(self, subject: str, before: Any, after: Any) -> Iterator[Change]:  # noqa: ANN401  # what a document holds
        old, new = before or {}, after or {}
        for term in {**old, **new}:
            told = (self._told(term, each.get(term)) for each in (old, new))
            yield Change(subject, self.t(f"policy-term.{term}"), *told)

    def _told(self, term: str, value: Any) -> str:  # noqa: ANN401  # what a document holds
        meant = UNSAID.get(term) if value is None else value
        if meant is None:
            return NOTHING
        tell = _TOLD.get(term)
        return tell(self, meant) if tell else str(meant)

    def name(self, names: Names, code: str) -> str:
        """Return what a code is called; one that is not known stands for itself."""
        return self.language.choose(*names.get(code, (code, code)))


def window_words(window: str, t: Translate) -> str:
    """Write a window such as ``30d`` in words."""
    read = documents.window(window, "")
    return t(f"window.{'one-' if read.count == 1 else ''}{read.unit}", count=read.count)


def source_name(source: str, t: Translate) -> str:
    """Return what a source of the shipped policy is called; a programme's own stays as it is."""
    key = source.lower().replace(" ", "-")
    return t(f"policy-source.{key}") if key in SOURCES else source


def _by_code(reasons: Any) -> Mapping[str, Any]:  # noqa: ANN401  # what a document holds
    return {each["code"]: each for each in reasons or ()}


def _flag(teller: Teller, value: bool) -> str:  # noqa: FBT001  # as the document holds it
    return teller.t("answer.yes") if value else teller.t("answer.no")


def _source(teller: Teller, value: str) -> str:
    return source_name(value, teller.t)


def _number(_teller: Teller, value: float) -> str:
    return number(value)


_TOLD: Mapping[str, Callable[[Teller, Any], str]] = {
    "window": lambda teller, value: window_words(value, teller.t),
    "rapid": _flag,
    "needsText": _flag,
    "opensDefect": _flag,
    "cardMode": lambda teller, value: teller.t(f"card-mode.{value}"),
    "defect": lambda teller, value: teller.t(f"defect-kind.{value}"),
    "source": _source,
    "costsSource": _source,
    "priceYuan": _number,
    "minutes": _number,
    "mSv": _number,
    "clockSkewMinutes": _number,
    "scope": lambda teller, value: teller.name(teller.scopes, value),
    "effectiveFrom": lambda teller, value: moment(datetime.fromisoformat(value), teller.zone),
    "certificateAnchor": lambda teller, value: teller.t(f"anchor.{value}"),
    "levelRule": lambda teller, value: teller.t(f"level-rule.{value}"),
}
