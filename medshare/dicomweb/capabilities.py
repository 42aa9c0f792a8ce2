"""What the service can do, as a program reads it: a WADL document made from the routes.

References
----------
DICOM PS3.18 section 8.9 and Annex H; W3C Member Submission WADL.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request

from medshare.dicomweb import uri
from medshare.dicomweb.keys import key_names
from medshare.dicomweb.media import (
    DICOM,
    DICOM_JSON,
    DICOM_XML,
    OCTETS,
    RELATED,
    ZIP,
    made_types,
)
from medshare.dicomweb.qido import PARAMETERS
from medshare.dicomweb.rendered import QUERY_PARAMETERS
from medshare.dicomweb.resources import ROOT, base_of
from medshare.dicomweb.search_routes import SEARCHES
from medshare.imaging.people import KEYWORDS
from medshare.imaging.rendering.families import RENDERED_TYPES
from medshare.imaging.rendering.spec import IMAGE_TYPES, THUMBNAIL_TYPES
from medshare.infra.perform import Context
from medshare.kernel.audit import Unrecorded
from medshare.kernel.errors import NotAcceptableError
from medshare.kernel.permission import Public
from medshare.web.endpoint import Route, Routes
from medshare.web.negotiation import MediaType, accepted_ranges, best_of

WADL = MediaType("application", "vnd.sun.wadl+xml")
JSON = MediaType("application", "json")
NAMESPACE = "http://wadl.dev.java.net/2009/02"
ANYBODY = Public("Programs read what the service can do before they have credentials.")
UNRECORDED = Unrecorded("The description holds no data of persons.")
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


def _related(*types: str) -> tuple[str, ...]:
    return tuple(f'{RELATED}; type="{each}"' for each in types)


STORED = (*_related(DICOM, DICOM_JSON, DICOM_XML), DICOM)
DATASETS = (DICOM_JSON, *_related(DICOM_XML))
RENDERED = (*RENDERED_TYPES, *_related(*RENDERED_TYPES))
ARCHIVES = (*_related(DICOM), ZIP)
FILES = (*_related(DICOM), DICOM, ZIP)
PICTURES = (*IMAGE_TYPES, *_related(*IMAGE_TYPES))
FRAMES = (*_related(*made_types().values()), *made_types().values())
BULK = (*_related(OCTETS), OCTETS)
# By the end of an operation's name, the more special ones first.
REPRESENTATIONS: Mapping[str, Sequence[str]] = {
    "-metadata": DATASETS,
    "frames-rendered": PICTURES,
    "-rendered": RENDERED,
    "-thumbnail": (*THUMBNAIL_TYPES, *_related(*THUMBNAIL_TYPES)),
    "retrieve-frames": FRAMES,
    "-pixel-data": FRAMES,
    "retrieve-bulk-data": BULK,
    "-bulk-data": _related(OCTETS),
    "retrieve-uri": (*uri.SHOWN, DICOM),
    "retrieve-study": ARCHIVES,
    "retrieve-series": ARCHIVES,
    "retrieve-instance": FILES,
}


def add_capabilities(routes: Routes) -> None:
    """Declare the description of everything that stands in ``routes`` by now."""
    described = tuple(routes.routes)
    names = {each.operation.name.removeprefix("dicomweb.") for each in described}
    unknown = [each for each in names if each.startswith("retrieve-") and not _answers(each)]
    if unknown:
        raise LookupError(f"What does {unknown[0]} answer with?")

    @routes.endpoint(
        f"{ROOT}/", method="OPTIONS", name="dicomweb.capabilities", access=ANYBODY, audit=UNRECORDED
    )
    def capabilities(context: Context) -> Response:
        """Tell what the service can do."""
        chosen = best_of(accepted_ranges([], request.headers.get("Accept")), [WADL, JSON])
        if chosen is None:
            raise NotAcceptableError(
                f"The capabilities are offered as {WADL.essence} and {JSON.essence}.",
                f"服务能力以 {WADL.essence} 及 {JSON.essence} 提供。",
            )
        write = as_json if chosen is JSON else as_xml
        document = write(describe(described, base_of(context)))
        response = Response(document, content_type=chosen.essence)
        methods = sorted({each.method for each in described} | {"HEAD", "OPTIONS"})
        response.headers["Allow"] = ", ".join(methods)
        return response


def as_xml(document: ET.Element) -> bytes:
    """Write a WADL document as XML."""
    return bytes(ET.tostring(document, encoding="UTF-8", xml_declaration=True))


def as_json(document: ET.Element) -> bytes:
    """Write a WADL document as JSON: attributes by name, elements of one name in an array."""
    return orjson.dumps({document.tag: _members(document)})


def _members(element: ET.Element) -> dict[str, Any]:
    members: dict[str, Any] = dict(element.attrib)
    for each in element:
        members.setdefault(each.tag, []).append(_members(each))
    return members


def describe(routes: Iterable[Route], base: str) -> ET.Element:
    """Make the WADL document of some routes below an address."""
    application = ET.Element("application", xmlns=NAMESPACE)
    resources = {"": ET.SubElement(application, "resources", base=f"{base}/")}
    for route in sorted(routes, key=lambda each: (each.rule, each.method)):
        _add_method(_resource(resources, route.rule.removeprefix(f"{ROOT}/")), route)
    return application


def _resource(resources: dict[str, ET.Element], rule: str) -> ET.Element:
    """Return the resource of a rule, put in below its parents."""
    if rule not in resources:
        parent, _slash, segment = rule.rpartition("/")
        path = _ARGUMENT.sub(r"{\1}", segment)
        resources[rule] = ET.SubElement(_resource(resources, parent), "resource", path=path)
        for argument in _ARGUMENT.findall(segment):
            ET.SubElement(resources[rule], "param", name=argument, style="template")
    return resources[rule]


def _add_method(resource: ET.Element, route: Route) -> None:
    name = route.operation.name.removeprefix("dicomweb.")
    method = ET.SubElement(resource, "method", name=route.method, id=name)
    request = ET.SubElement(method, "request")
    for parameter in _parameters(name):
        ET.SubElement(request, "param", name=parameter, style="query")
    if name.startswith("store"):
        for media in STORED:
            ET.SubElement(request, "representation", mediaType=media)
        for status in (HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT):
            _add_response(method, status, (DICOM_JSON, DICOM_XML))
    elif name.startswith("retract"):
        _add_response(method, HTTPStatus.NO_CONTENT, ())
    else:
        offered = _answers(name)
        accept = ET.SubElement(request, "param", name="Accept", style="header", default=offered[0])
        for media in offered:
            ET.SubElement(accept, "option", value=media)
        _add_response(method, HTTPStatus.OK, offered)


def _add_response(method: ET.Element, status: HTTPStatus, media_types: Iterable[str]) -> None:
    response = ET.SubElement(method, "response", status=str(status.value))
    for media in media_types:
        ET.SubElement(response, "representation", mediaType=media)


def _answers(name: str) -> Sequence[str]:
    if name.startswith("search-"):
        return DATASETS
    return next((each for end, each in REPRESENTATIONS.items() if name.endswith(end)), ())


def _parameters(name: str) -> Sequence[str]:
    if name == "search-patients":
        return [*sorted(PARAMETERS), *KEYWORDS]
    if name.startswith("search-"):
        _rule, level = SEARCHES[name.removeprefix("search-")]
        return [*sorted(PARAMETERS), *sorted(key_names(level))]
    if name == "retrieve-uri":
        return uri.PARAMETERS
    kind = name.rpartition("-")[2]
    if kind in QUERY_PARAMETERS:
        return QUERY_PARAMETERS[kind]
    if kind == "metadata":
        return ("accept", "includefield")
    return ("reason",) if name.startswith("retract") else ("accept",)
