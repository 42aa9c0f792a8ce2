"""What is kept of an evaluation so that it can be judged again: a scenario of its own.

The form is that of the scenario files, so an evaluation can be handed to ``medshare recognition
check`` as it stands.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import orjson

from medshare.recognition import documents as form
from medshare.recognition.documents import Node, ScenarioFileError, record
from medshare.recognition.evaluations.model import SnapshotDamagedError
from medshare.recognition.model import Order, Past, Result
from medshare.recognition.programme import Item, Policy, Programme, QualityCertificate
from medshare.recognition.scenario_parts import read_order, read_past, read_programme

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a judgement rests on."""

    programme: Programme
    past: Past
    order: Order
    now: datetime


def narrowed(programme: Programme, past: Past, order: Order) -> Programme:
    """Return what of a programme bears on an order and a past; the verdicts are the same."""
    asked = {order.item, *programme.items[order.item].components}
    items = asked | {result.item for result in past.results}
    sources = {result.facility for result in past.results}
    return Programme(
        replace(programme.policy, items=_only(programme.policy.items, asked)),
        _only(programme.items, items),
        programme.scopes,
        _only(programme.levels, sources | {order.facility}),
        tuple(
            replace(each, items=each.items & items)
            for each in programme.certificates
            if each.facility in sources and not each.items.isdisjoint(items)
        ),
    )


def _only(whole: Mapping[str, Value], names: set[str]) -> dict[str, Value]:
    return {name: value for name, value in whole.items() if name in names}


def pack(snapshot: Snapshot) -> bytes:
    """Write a snapshot down, deflated."""
    return zlib.compress(orjson.dumps(_document(snapshot)), 6)


def unpack(packed: bytes) -> Snapshot:
    """Read what ``pack`` wrote.

    Raises
    ------
    SnapshotDamagedError
        It is something else.
    """
    try:
        return record(_snapshot)(orjson.loads(zlib.decompress(packed)), "")
    except (zlib.error, ValueError, ScenarioFileError):
        raise SnapshotDamagedError from None


def _snapshot(node: Node) -> Snapshot:
    return Snapshot(
        read_programme(node),
        read_past(node),
        node.take("order", record(read_order)),
        node.take("now", form.instant),
    )


def _document(snapshot: Snapshot) -> dict[str, object]:
    programme, past, order = snapshot.programme, snapshot.past, snapshot.order
    glass = {"behind_glass": sorted(past.behind_glass)} if past.behind_glass else {}
    return {
        **glass,
        "policy": _policy(programme.policy),
        "items": {code: _item(item) for code, item in programme.items.items()},
        "scopes": {
            code: {
                "rank": node.rank,
                "contains": list(node.contains),
                "facilities": list(node.facilities),
            }
            for code, node in programme.scopes.items()
        },
        "facilities": {code: {"level": int(level)} for code, level in programme.levels.items()},
        "certificates": [_certificate(each) for each in programme.certificates],
        "results": [_result(each) for each in past.results],
        "identity": {
            "survivor": dict(past.identity.survivors),
            "links": dict(past.identity.links),
        },
        "optout": {
            patient: "all" if each.facilities is None else sorted(each.facilities)
            for patient, each in past.opt_outs.items()
        },
        "order": _order(order),
        "now": snapshot.now.isoformat(),
    }


def _policy(policy: Policy) -> dict[str, object]:
    document: dict[str, object] = {
        "id": policy.id,
        "tz": policy.zone.key,
        "items": {
            code: {"window": f"{rule.window.count}{rule.window.unit}", "rapid": rule.rapid}
            for code, rule in policy.items.items()
        },
        "cert_anchor": policy.anchor,
        "clock_skew_minutes": policy.clock_skew // timedelta(minutes=1),
    }
    return document | ({"level_rule": policy.level_rule} if policy.level_rule else {})


def _item(item: Item) -> dict[str, object]:
    return {
        "kind": item.kind,
        "modality": item.modality,
        "region": item.region,
        "laterality": item.laterality,
        "phases": sorted(item.phases),
        "specimen": item.specimen,
        "covers": sorted(item.covers),
        "components": list(item.components),
        "method_sensitive": item.method_sensitive,
    }


def _certificate(certificate: QualityCertificate) -> dict[str, object]:
    document: dict[str, object] = {
        "id": certificate.id,
        "facility": certificate.facility,
        "items": sorted(certificate.items),
        "scope": certificate.scope,
        "mark": certificate.mark,
        "from": certificate.valid_from.isoformat(),
        "to": certificate.valid_to.isoformat(),
    }
    if certificate.withdrawn is not None:
        document["withdrawn"] = {
            "at": certificate.withdrawn.at.isoformat(),
            "invalid_from": certificate.withdrawn.invalid_from.isoformat(),
        }
    return document


def _result(result: Result) -> dict[str, object]:
    document: dict[str, object] = {
        "id": result.id,
        "item": result.item,
        "performed": result.performed_at.isoformat(),
        "facility": result.facility,
        "patient": result.patient,
        "status": result.status,
        "replaces": sorted(result.replaces),
        "images": result.images,
        "qc": result.quality,
        "method": result.method,
        "time_trusted": result.time_trusted,
    }
    return document | ({"laterality": result.laterality} if result.laterality else {})


def _order(order: Order) -> dict[str, object]:
    document: dict[str, object] = {
        "item": order.item,
        "facility": order.facility,
        "patient": order.patient,
        "method": order.method,
        "break_glass": order.break_glass,
    }
    optional = {"laterality": order.laterality, "context": order.context}
    return document | {name: value for name, value in optional.items() if value}
