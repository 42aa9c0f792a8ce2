"""Schemas of the contract and marshmallow classes, both reduced to what can be compared."""

from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin, OpenAPIConverter
from marshmallow import Schema, fields

from medshare.exams.items import MODALITIES
from medshare.exams.schemas.fields import Modality, Uid
from medshare.kernel.identifiers import _UID, _UID_LENGTH_MAX
from medshare.web.documentation import follow
from medshare.web.fields import Day, Items, OffsetDateTime, OneOf, Text, Whole

Shape = dict[str, Any]
ALWAYS = ("type", "format", "enum")
BOUNDS = (
    "default",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "uniqueItems",
)
TEXTS = {OneOf: None, Day: "date", OffsetDateTime: "date-time"}


def shape_of_class(schema: type[Schema], *, sent: bool) -> Shape:
    """Return the shape of a class, as it is ``sent`` in a body or shown in an answer."""
    return reduced(_converter().schema2jsonschema(schema()), {}, sent=sent)


def reduced(node: Mapping[str, Any], document: Mapping[str, Any], *, sent: bool) -> Shape:
    """Reduce a JSON schema, its references resolved in ``document``.

    Bounds and defaults count for what is sent: of an answer the contract may promise more. An
    empty default is none.
    """
    node = _nullable(follow(document, node), document)
    shape = {name: node[name] for name in ALWAYS if name in node}
    if sent:
        shape |= {name: node[name] for name in BOUNDS if node.get(name) not in (None, "")}
    if "items" in node:
        shape["items"] = reduced(node["items"], document, sent=sent)
    if isinstance(node.get("additionalProperties"), Mapping):
        shape["values"] = reduced(node["additionalProperties"], document, sent=sent)
    if "properties" in node:
        hidden = "readOnly" if sent else "writeOnly"
        shape["properties"] = {
            name: reduced(each, document, sent=sent)
            for name, each in node["properties"].items()
            if not each.get(hidden)
        }
        shape["required"] = set(node.get("required", ())) & set(shape["properties"])
        shape["closed"] = sent and node.get("additionalProperties") is False
    return shape


def _nullable(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write ``anyOf`` of a reference and null as the class does: as one type or null."""
    if "anyOf" not in node:
        return node
    said, null = node["anyOf"]
    assert null == {"type": "null"}
    said = follow(document, said)
    return {**said, "type": [said["type"], "null"]}


def differences(code: Shape, written: Shape, *, sent: bool, where: str = "") -> list[str]:
    """Say where the two differ; what the code leaves open the contract may narrow."""
    if not code:
        return []
    found = []
    keywords = (code.keys() | written.keys()) - {"properties", "items", "required"}
    if not sent:
        keywords -= {"format", "enum"} - code.keys()
    for keyword in sorted(keywords):
        if code.get(keyword) != written.get(keyword):
            said = f"the code says {code.get(keyword)!r}, the contract {written.get(keyword)!r}"
            found.append(f"{where or '/'} {keyword}: {said}")
    found += _requirements(code, written, sent=sent, where=where)
    for name in code.get("properties", {}).keys() ^ written.get("properties", {}).keys():
        found.append(f"{where}/{name}: stands on one side only")
    for name in code.get("properties", {}).keys() & written.get("properties", {}).keys():
        inner = code["properties"][name], written["properties"][name]
        found += differences(*inner, sent=sent, where=f"{where}/{name}")
    if "items" in code:
        inner = code["items"], written.get("items", {})
        found += differences(*inner, sent=sent, where=f"{where}/-")
    return found


def _requirements(code: Shape, written: Shape, *, sent: bool, where: str) -> list[str]:
    """Compare what is required; an answer may promise more than its class requires."""
    required, promised = code.get("required", set()), written.get("required", set())
    if required == promised or (not sent and required <= promised):
        return []
    return [f"{where or '/'} required: {sorted(required ^ promised)}"]


def _converter() -> OpenAPIConverter:
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _schema: None)
    APISpec("", "", "3.1.0", plugins=[plugin])
    converter = plugin.converter
    assert converter is not None
    converter.field_mapping = converter.field_mapping | {
        kind: ("string", text_format) for kind, text_format in TEXTS.items()
    }
    converter.add_attribute_function(bounds)
    return converter


def bounds(_converter: OpenAPIConverter, field: fields.Field[Any], **_: Any) -> Shape:
    """Say what our own fields bound."""
    match field:
        case Text():
            said: Shape = {"minLength": field.low, "maxLength": field.high}
            return said | ({"pattern": f"^{field._pattern[0].pattern}$"} if field._pattern else {})
        case Whole():
            return {"minimum": field.low, "maximum": field.high}
        case Items():
            bounded: Shape = {"minItems": field.low, "maxItems": field.high}
            return bounded | ({"uniqueItems": True} if field.unique else {})
        case OneOf():
            return {"enum": [str(each.value) for each in field.choices]}
        case Modality():
            return {"enum": sorted(MODALITIES)}
        case Uid():
            return {"pattern": f"^{_UID.pattern}$", "maxLength": _UID_LENGTH_MAX}
    return {}
