"""``/openapi.yaml``, ``/openapi.json`` and ``/docs``: the contract as file and as page.

All three are made from the one file that the contract tests prove equal to the code. The page is
rendered here, without scripts and without anything from elsewhere: hospitals have no internet.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any

import yaml
from flask import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from medshare.infra.perform import Context
from medshare.kernel.audit import Unrecorded
from medshare.kernel.permission import Public
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes

HERE = "medshare.web"
READABLE = Public("Integrators read the contract before they have credentials.")
UNRECORDED = Unrecorded("The documentation holds no data of persons.")
METHODS = ("get", "post", "put", "patch", "delete", "options")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
KEPT = "max-age=300"

routes = Routes()
Node = Mapping[str, Any]


@routes.endpoint("/openapi.yaml", name="documentation.yaml", access=READABLE, audit=UNRECORDED)
def as_yaml(_context: Context) -> Response:
    """Show the contract as it is written."""
    return _kept(Response(contract_text(), content_type="application/yaml; charset=utf-8"))


@routes.endpoint("/openapi.json", name="documentation.json", access=READABLE, audit=UNRECORDED)
def as_json(_context: Context) -> Response:
    """Show the contract as JSON."""
    return _kept(json_answer(contract()))


@routes.endpoint("/docs", name="documentation.page", access=READABLE, audit=UNRECORDED)
def page(_context: Context) -> Response:
    """Show the contract to people."""
    response = Response(_page(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return _kept(response)


@routes.endpoint("/docs/style.css", name="documentation.style", access=READABLE, audit=UNRECORDED)
def style(_context: Context) -> Response:
    """Show the page's style sheet."""
    return _kept(Response(_read("static/documentation.css"), content_type="text/css"))


def contract_text() -> str:
    """Return ``openapi.yaml`` as it is written."""
    return _read("openapi.yaml")


@cache
def contract() -> Node:
    """Return the contract as a document."""
    document: Node = yaml.load(contract_text(), Loader=yaml.CSafeLoader)
    return document


def follow(document: Node, node: Node) -> Node:
    """Return what a node refers to; a description beside the reference wins (OpenAPI 3.1)."""
    reference = node.get("$ref")
    if reference is None:
        return node
    target: Any = document
    for step in str(reference).removeprefix("#/").split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return {**target, **{name: value for name, value in node.items() if name != "$ref"}}


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = KEPT
    return response


def _read(name: str) -> str:
    return resources.files(HERE).joinpath(name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Content:
    """A body as the page shows it: its media type, its schema and an example."""

    media_type: str
    schema: Node
    example: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the page shows it."""

    status: str
    phrase: str
    description: str
    headers: Mapping[str, Node]
    contents: list[Content]


@dataclass(frozen=True, slots=True)
class Shown:
    """An operation as the page shows it."""

    path: str
    method: str
    operation: Node
    parameters: list[Node]
    bodies: list[Content]
    answers: list[Answer]
    call: str


@cache
def _page() -> str:
    environment = Environment(
        loader=PackageLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["reference"] = lambda node: "$ref" in node
    environment.filters |= {"name": _name, "rules": _rules, "kind": _kind}
    document = contract()
    shown = list(_shown(document))
    tags = [
        (tag, [each for each in shown if tag["name"] in each.operation["tags"]])
        for tag in document["tags"]
    ]
    return environment.get_template("documentation.html").render(document=document, tags=tags)


def _shown(document: Node) -> Iterator[Shown]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(document, path, method, item)


def _operation(document: Node, path: str, method: str, item: Node) -> Shown:
    operation = item[method]
    declared = [*item.get("parameters", ()), *operation.get("parameters", ())]
    bodies = _contents(document, operation.get("requestBody", {}))
    return Shown(
        path=path,
        method=method.upper(),
        operation=operation,
        parameters=[follow(document, each) for each in declared],
        bodies=bodies,
        answers=[_answer(document, *each) for each in operation["responses"].items()],
        call=_call(path, method.upper(), operation, bodies),
    )


def _answer(document: Node, status: str, reference: Node) -> Answer:
    response = follow(document, reference)
    return Answer(
        status=status,
        phrase=HTTPStatus(int(status)).phrase,
        description=response["description"],
        headers={
            name: follow(document, header) for name, header in response.get("headers", {}).items()
        },
        contents=_contents(document, response),
    )


def _contents(document: Node, node: Node) -> list[Content]:
    return [
        Content(media_type, content.get("schema", {}), _example(content))
        for media_type, content in follow(document, node).get("content", {}).items()
    ]


def _example(content: Node) -> str:
    if "example" not in content:
        return ""
    return json.dumps(content["example"], ensure_ascii=False, indent=2)


def _call(path: str, method: str, operation: Node, bodies: list[Content]) -> str:
    """Write the operation as a command for a terminal."""
    words = ["curl", "-X", method] if method != "GET" else ["curl"]
    schemes = {name for scheme in operation["security"] for name in scheme}
    if "bearer" in schemes:
        words += ["-H", "Authorization: Bearer $TOKEN"]
    elif "session" in schemes:
        words += ["-b", "cookies.txt"]
        words += ["-H", "X-CSRF-Token: $CSRF"] if "csrf" in schemes else []
    elif "clientSecret" in schemes:
        words += ["-u", "$CLIENT:$SECRET"]
    for body in bodies[:1]:
        words += ["-H", f"Content-Type: {body.media_type}", *_data(body)]
    return " ".join(map(_quoted, [*words, f"https://medshare.example{path}"]))


def _data(body: Content) -> list[str]:
    if not body.example:
        return ["--data-binary", "@file"]
    example = json.loads(body.example)
    if body.media_type == "application/x-www-form-urlencoded":
        return [word for pair in example.items() for word in ("--data-urlencode", "=".join(pair))]
    return ["-d", json.dumps(example, ensure_ascii=False)]


def _quoted(word: str) -> str:
    """Quote for a shell; a word that names a variable stays open to it."""
    return f'"{word}"' if "$" in word else shlex.quote(word)


def _name(node: Node) -> str:
    return str(node["$ref"]).rpartition("/")[2]


def _kind(schema: Node) -> str:
    """Say in a word what a schema without a reference holds."""
    kinds = schema.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    return f"{text} ({schema['format']})" if "format" in schema else text


def _rules(schema: Node) -> list[str]:
    """Say the bounds of a schema, each in a few words."""
    phrases = {
        "const": "always {}",
        "default": "default {!r}",
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
        "minimum": "at least {}",
        "maximum": "at most {}",
        "minItems": "at least {} items",
        "maxItems": "at most {} items",
        "pattern": "matches {}",
    }
    said = [phrase.format(schema[rule]) for rule, phrase in phrases.items() if rule in schema]
    if "enum" in schema:
        said.append("one of " + ", ".join(schema["enum"]))
    return said
