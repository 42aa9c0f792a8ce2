"""The parts of a scenarios file, each read into what the evaluator takes."""

from dataclasses import replace
from datetime import timedelta

from medshare.recognition import documents as form
from medshare.recognition.alerts import SourceEvent
from medshare.recognition.documents import Node, listed, mapped, one_of, record
from medshare.recognition.model import (
    CareContext,
    Decision,
    Identity,
    ImageQuality,
    Laterality,
    Link,
    OptOut,
    Order,
    Outcome,
    Past,
    Result,
    Status,
)
from medshare.recognition.programme import (
    CLOCK_SKEW_MINUTES,
    CertificateAnchor,
    FacilityLevel,
    Item,
    ItemKind,
    ItemRule,
    LevelRule,
    Phase,
    Policy,
    Programme,
    QualityCertificate,
    ScopeNode,
    Withdrawal,
)

_texts = listed(form.text)


def read_programme(world: Node) -> Programme:
    """Read the rules and registers."""
    removed = world.take("remove_policy_items", _texts, ())
    policy = world.take("policy", record(_policy))
    kept = {code: rule for code, rule in policy.items.items() if code not in removed}
    items = world.take("items", mapped(record(_item)))
    scopes = world.take("scopes", mapped(record(_scope)))
    return Programme(
        replace(policy, items=kept),
        {code: replace(item, code=code) for code, item in items.items()},
        {code: replace(scope, code=code) for code, scope in scopes.items()},
        world.take("facilities", mapped(record(_level))),
        world.take("certificates", listed(record(_certificate)), ()),
    )


def _policy(node: Node) -> Policy:
    return Policy(
        node.take("id", form.text),
        node.take("tz", form.zone),
        node.take("items", mapped(record(_rule))),
        node.take("cert_anchor", one_of(CertificateAnchor), CertificateAnchor.PERFORMED),
        node.take("level_rule", one_of(LevelRule), None),
        timedelta(minutes=node.take("clock_skew_minutes", form.integer, CLOCK_SKEW_MINUTES)),
    )


def _rule(node: Node) -> ItemRule:
    return ItemRule(node.take("window", form.window), node.take("rapid", form.flag, default=False))


def _item(node: Node) -> Item:
    return Item(
        "",  # its code is the key that it stands under
        node.take("kind", one_of(ItemKind)),
        node.take("modality", form.text, ""),
        node.take("region", form.text, ""),
        node.take("laterality", form.flag, default=False),
        frozenset(node.take("phases", listed(one_of(Phase)), ())),
        node.take("specimen", form.text, ""),
        frozenset(node.take("covers", _texts, ())),
        node.take("components", _texts, ()),
        node.take("method_sensitive", form.flag, default=False),
    )


def _scope(node: Node) -> ScopeNode:
    return ScopeNode(
        "",  # as an item's
        node.take("rank", form.integer),
        node.take("contains", _texts, ()),
        node.take("facilities", _texts, ()),
    )


def _level(node: Node) -> FacilityLevel:
    return node.take("level", one_of(FacilityLevel))


def _certificate(node: Node) -> QualityCertificate:
    return QualityCertificate(
        node.take("id", form.text),
        node.take("facility", form.text),
        frozenset(node.take("items", _texts)),
        node.take("scope", form.text),
        node.take("mark", form.text),
        node.take("from", form.instant),
        node.take("to", form.instant),
        node.take("withdrawn", record(_withdrawal), None),
    )


def _withdrawal(node: Node) -> Withdrawal:
    return Withdrawal(node.take("at", form.instant), node.take("invalid_from", form.instant))


def read_past(world: Node) -> Past:
    """Read what is recorded of patients."""
    return Past(
        world.take("results", listed(record(_result)), ()),
        world.take("identity", record(_identity), Identity()),
        world.take("optout", mapped(_opt_out), {}),
        frozenset(world.take("behind_glass", _texts, ())),
    )


def _identity(node: Node) -> Identity:
    return Identity(
        node.take("survivor", mapped(form.text), {}),
        node.take("links", mapped(one_of(Link)), {}),
    )


def _opt_out(value: object, pointer: str) -> OptOut:
    return OptOut() if value == "all" else OptOut(frozenset(_texts(value, pointer)))


def _one_or_more(value: object, pointer: str) -> tuple[str, ...]:
    return _texts(value, pointer) if isinstance(value, list) else (form.text(value, pointer),)


def _result(node: Node) -> Result:
    return Result(
        node.take("id", form.text),
        node.take("item", form.text),
        node.take("performed", form.instant),
        node.take("facility", form.text),
        node.take("patient", form.text),
        node.take("status", one_of(Status)),
        frozenset(node.take("replaces", _one_or_more, ())),
        node.take("laterality", one_of(Laterality), None),
        node.take("images", form.flag, default=True),
        node.take("qc", one_of(ImageQuality), ImageQuality.ACCEPT),
        node.take("method", form.text, ""),
        node.take("time_trusted", form.flag, default=True),
    )


def read_decision(node: Node) -> Decision:
    """Read a decision."""
    return Decision(
        node.take("id", form.text),
        node.take("result", form.text),
        node.take("outcome", one_of(Outcome)),
        node.take("doctor", form.text),
        node.take("facility", form.text),
        node.take("revoked", form.flag, default=False),
    )


def read_order(node: Node) -> Order:
    """Read an order."""
    return Order(
        node.take("item", form.text),
        node.take("facility", form.text),
        node.take("patient", form.text),
        node.take("laterality", one_of(Laterality), None),
        node.take("method", form.text, ""),
        node.take("context", one_of(CareContext), None),
        node.take("break_glass", form.flag, default=False),
    )


def read_event(node: Node) -> SourceEvent:
    """Read what befell results."""
    return node.take("event", record(_event))


def _event(node: Node) -> SourceEvent:
    return SourceEvent(
        node.take("kind", form.text),
        frozenset(node.take("results", _texts)),
        node.take("significant", form.flag),
    )
