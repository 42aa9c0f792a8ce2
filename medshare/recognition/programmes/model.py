"""A programme as one document: the rules, the registers they refer to, reasons and code maps."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from medshare.kernel.errors import ConflictError, InvalidError, Issue
from medshare.recognition import documents as form
from medshare.recognition.documents import Node, listed, mapped, record
from medshare.recognition.programme import Programme
from medshare.recognition.scenario_parts import read_programme


class NoPolicyError(ConflictError):
    """No policy of mutual recognition is in force, so nothing can be judged."""

    slug = "no-policy-in-force"
    title = "No recognition policy is in force; ask the programme's office to enact one"
    title_zh = "尚无生效的互认政策，请联系管理部门发布"


class PolicyStandsError(ConflictError):
    """The policy's id stands for other content: a version never changes."""

    slug = "policy-stands"
    title = "The policy's id stands for other content; give the new version an id of its own"
    title_zh = "该政策版本号已对应其他内容，请为新版本使用新的编号"


@dataclass(frozen=True, slots=True)
class DeclineReason:
    """A reason of the programme's set for not recognising a result.

    Parameters
    ----------
    parent
        The reason of the national list that it is counted under.
    opens_defect
        Whether it is a fault of the matching, to be looked into by quality control.
    """

    code: str
    parent: str
    zh: str
    en: str
    needs_text: bool = False
    opens_defect: bool = False


@dataclass(frozen=True, slots=True)
class ReasonSet:
    """A version of a programme's reasons, in the order in which they are offered."""

    id: str
    reasons: tuple[DeclineReason, ...]

    def find(self, code: str) -> DeclineReason | None:
        """Return a reason by its code."""
        return next((each for each in self.reasons if each.code == code), None)


@dataclass(frozen=True, slots=True)
class Enacted:
    """A programme's version as it was enacted.

    Parameters
    ----------
    content_hash
        SHA-256 of the document in lower-case hex; every evaluation names it.
    code_maps
        The catalogue's code by a facility's own code, by facility.
    """

    programme: Programme
    content_hash: str
    effective_at: datetime
    reasons: ReasonSet
    code_maps: Mapping[str, Mapping[str, str]]


def hash_of(document: object) -> str:
    """Return the content hash of a document, however its keys are ordered."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_enacted(document: object) -> Enacted:
    """Read a programme's document: a scenario's ``base`` with reasons, code maps and a date.

    Raises
    ------
    InvalidError
        It has another form, or refers to what it does not describe; the issues name the places.
    """

    def read(node: Node) -> Enacted:
        no_maps: dict[str, dict[str, str]] = {}
        return Enacted(
            read_programme(node),
            hash_of(document),
            node.take("effective", form.instant),
            node.take("reasons", record(_reasons)),
            node.take("code_maps", mapped(mapped(form.text)), no_maps),
        )

    enacted = record(read)(document, "")
    faults = list(_dangling(enacted))
    if faults:
        raise InvalidError(issues=faults)
    return enacted


def _reasons(node: Node) -> ReasonSet:
    return ReasonSet(node.take("id", form.text), node.take("list", listed(record(_reason))))


def _reason(node: Node) -> DeclineReason:
    return DeclineReason(
        node.take("code", form.text),
        node.take("parent", form.text),
        node.take("zh", form.text),
        node.take("en", form.text),
        node.take("needs_text", form.flag, default=False),
        node.take("opens_defect", form.flag, default=False),
    )


def _dangling(enacted: Enacted) -> Iterator[Issue]:
    """Yield where a document names what it does not describe."""
    programme = enacted.programme
    items = set(programme.policy.items)
    items.update(code for each in programme.items.values() for code in each.components)
    items.update(code for each in programme.certificates for code in each.items)
    items.update(code for each in enacted.code_maps.values() for code in each.values())
    scopes = {each.scope for each in programme.certificates}
    for part, named, described in (
        ("items", items, programme.items),
        ("scopes", scopes, programme.scopes),
    ):
        for name in sorted(named - described.keys()):
            yield Issue(f"/{part}/{name}", "missing", "Describe it.", "缺少定义。")
