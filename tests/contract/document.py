"""openapi.yaml as tests hold it against what the server does."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from medshare.web.documentation import METHODS, contract, follow
from medshare.web.endpoint import operations

BASE = "urn:openapi"
SECURITY = {"session", "csrf", "bearer", "clientSecret"}


class ContractError(AssertionError):
    """The server did what openapi.yaml does not say."""


@dataclass(frozen=True)
class Contract:
    """A contract document, its outputs closed: a field that it does not name is a fault."""

    document: dict[str, Any] = field(default_factory=lambda: dict(contract()))
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict)

    @cached_property
    def _registry(self) -> Registry[Any]:
        closed = DRAFT202012.create_resource(_closed(self.document))
        return Registry().with_resource(BASE, closed)

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (path, METHOD, operation)."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method.upper(), item[method]

    def declared(self) -> set[tuple[str, str, str, str, str]]:
        """Return (path, method, name, permission, audit action) of every operation."""
        return {
            (
                path,
                method,
                each["operationId"],
                each["x-permission"] + (" step-up" if each.get("x-step-up") else ""),
                each["x-audit"],
            )
            for path, method, each in self.operations()
        }

    def faults(self, value: object, *steps: str) -> list[str]:
        """Return how a value breaks the schema at these steps of the document."""
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
        if pointer not in self._validators:
            self._validators[pointer] = Draft202012Validator(
                {"$ref": f"{BASE}#{pointer}"},
                registry=self._registry,
                format_checker=Draft202012Validator.FORMAT_CHECKER,
            )
        return [
            f"{each.json_path}: {each.message}"
            for each in self._validators[pointer].iter_errors(value)
        ]

    def check(self, rule: str, body: object, answer: TestResponse) -> None:
        """Hold one exchange to the contract; unknown operations are another test's matter.

        Raises
        ------
        ContractError
            The status, the media type, a header or the body is not what the contract says, or a
            body was accepted that the contract forbids.
        """
        method = answer.request.method.lower()
        operation = self.document["paths"].get(rule, {}).get(method)
        if operation is None:
            return
        where = f"{method.upper()} {rule} -> {answer.status_code}"
        status = str(answer.status_code)
        if status not in operation["responses"]:
            raise ContractError(f"{where}: undocumented status")
        steps, response = self._place("paths", rule, method, "responses", status)
        self._check_headers(where, response, answer)
        self._check_body(where, steps, response, answer)
        if answer.status_code < 300 and body is not None and "requestBody" in operation:
            place = ("paths", rule, method, "requestBody", "content", "application/json", "schema")
            if faults := self.faults(body, *place):
                raise ContractError(f"{where}: accepted against the contract: {faults}")

    def _place(self, *steps: str) -> tuple[tuple[str, ...], Mapping[str, Any]]:
        """Return where a response stands after following its reference, and what stands there."""
        node: Any = self.document
        for step in steps:
            node = node[step]
        if "$ref" in node:
            steps = tuple(node["$ref"].removeprefix("#/").split("/"))
        return steps, follow(self.document, node)

    def _check_headers(self, where: str, response: Mapping[str, Any], answer: TestResponse) -> None:
        for name, header in response.get("headers", {}).items():
            if follow(self.document, header).get("required") and name not in answer.headers:
                raise ContractError(f"{where}: no header {name}")

    def _check_body(
        self, where: str, steps: tuple[str, ...], response: Mapping[str, Any], answer: TestResponse
    ) -> None:
        contents = response.get("content", {})
        if not contents:
            if answer.data:
                raise ContractError(f"{where}: an undocumented body")
            return
        if answer.mimetype not in contents:
            raise ContractError(f"{where}: undocumented media type {answer.mimetype}")
        if answer.mimetype.endswith("json") and answer.mimetype != "application/x-ndjson":
            coded = answer.headers.get("Content-Encoding") == "gzip"
            document = json.loads(gzip.decompress(answer.data) if coded else answer.data)
            if faults := self.faults(document, *steps, "content", answer.mimetype, "schema"):
                raise ContractError(f"{where}: {faults}")


def _closed(node: Any) -> Any:
    """Copy a document with every object schema that lists its properties closed."""
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    copy = {name: _closed(each) for name, each in node.items()}
    if copy.get("type") == "object" and "properties" in copy:
        copy.setdefault("additionalProperties", False)
    return copy


@cache
def written_contract() -> Contract:
    """Return the contract as it is written."""
    return Contract()


def path_of(rule: str) -> str:
    """Write a werkzeug rule as OpenAPI writes paths: ``<path:name>`` becomes ``{name}``."""
    parts = [part.partition(">") for part in rule.split("<")]
    head = parts[0][0]
    return head + "".join(
        "{" + inner.rpartition(":")[2] + "}" + tail for inner, _closing, tail in parts[1:]
    )


def installed(flask: Flask) -> set[tuple[str, str, str, str, str]]:
    """Return (path, method, name, permission, audit action) of every route."""
    return {
        (
            path_of(rule),
            method,
            operation.name,
            str(getattr(operation.access, "value", "public"))
            + (" step-up" if operation.step_up else ""),
            str(getattr(getattr(operation.audit, "action", None), "value", "unrecorded")),
        )
        for rule, method, operation in operations(flask)
    }


def check_exchange(flask: Flask, body: object, answer: TestResponse) -> None:
    """Hold a test client's exchange to the written contract."""
    try:
        rule, _arguments = flask.url_map.bind("", path_info="/").match(
            answer.request.path, method=answer.request.method, return_rule=True
        )
    except HTTPException:
        return
    written_contract().check(path_of(rule.rule), body, answer)
