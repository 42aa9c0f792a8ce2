"""The door: no route exists that did not declare its permission and its audit action.

A package makes a ``Routes``, declares its views on it, and ``medshare.app`` installs it. ``seal``
then walks the URL map and stops the process for any rule that came in otherwise.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from medshare.infra.perform import Context, House, perform
from medshare.kernel.audit import AuditAction, Unrecorded
from medshare.kernel.errors import (
    ErrorKind,
    MalformedError,
    MedshareError,
    MethodNotAllowedError,
    NotFoundError,
    TooLargeError,
)
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Permission, Public
from medshare.kernel.ports import Authenticator
from medshare.kernel.principal import ANONYMOUS, Principal
from medshare.kernel.throttle import TooManyRequestsError
from medshare.web import observation
from medshare.web.envelope import Envelope, request_id
from medshare.web.limits import show_allowances
from medshare.web.problems import problem, say_when

log = structlog.get_logger(__name__)
View = Callable[..., Response]
ErrorFace = Callable[[MedshareError], Response]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNMATCHED = Operation(
    "http.unmatched",
    Public("No resource stands behind it."),
    Recorded(AuditAction.EXECUTE, about_patients=False),
)


class UnsealedRouteError(MedshareError):
    """A route came in without a declared permission and audit action."""

    slug = "unsealed-route"


class InternalError(MedshareError):
    """A fault of ours; the log knows more under the request id."""

    title = "The server made a mistake; it is logged under the request id"
    title_zh = "服务器内部错误，已按请求编号记录"


@dataclass(frozen=True, slots=True)
class Route:
    """One declared rule, one method."""

    rule: str
    method: str
    operation: Operation
    view: View


@dataclass(slots=True)
class Routes:
    """The routes of one package, and how its errors look if not as problem documents."""

    error_face: ErrorFace = problem
    routes: list[Route] = field(default_factory=list)

    def endpoint(
        self,
        rule: str,
        *,
        method: str = "GET",
        name: str,
        access: Permission | Public,
        audit: Recorded | Unrecorded,
        step_up: bool = False,
    ) -> Callable[[View], View]:
        """Declare a view: ``view(context, **rule_arguments) -> Response``.

        Parameters
        ----------
        rule
            Werkzeug rule, for example ``/api/v1/patients/<patient_id>``.
        name
            The operation's name in the trail.
        step_up
            Whether a person must have proved themselves in the last minutes.
        """
        operation = Operation(name, access, audit, step_up)

        def declare(view: View) -> View:
            self.routes.append(Route(rule, method, operation, view))
            return view

        return declare


class HttpCredentials:
    """What the request of this thread brought to say who asks."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by lower-case name."""
        return _Headers()

    @property
    def cookies(self) -> Mapping[str, str]:
        """Return the cookies."""
        return request.cookies if "HTTP_COOKIE" in request.environ else {}

    @property
    def is_safe_method(self) -> bool:
        """Whether the method promises to change nothing (RFC 9110 section 9.2.1)."""
        return request.method in SAFE_METHODS


class _Headers(Mapping[str, str]):
    """The headers of this request but those of its body, none read before it is asked for."""

    def __init__(self) -> None:
        self._environ = request.environ

    def __getitem__(self, name: str) -> str:
        return str(self._environ[f"HTTP_{name.upper().replace('-', '_')}"])

    def __iter__(self) -> Iterator[str]:
        names = (name for name in self._environ if name.startswith("HTTP_"))
        return (name.removeprefix("HTTP_").replace("_", "-").lower() for name in names)

    def __len__(self) -> int:
        return sum(1 for _name in self)


def install(app: Flask, house: House, authenticator: Authenticator, routes: Routes) -> None:
    """Put a package's routes behind the door."""
    for route in routes.routes:
        view = _behind_the_door(house, authenticator, routes.error_face, route)
        app.add_url_rule(
            route.rule, f"{route.operation.name}:{route.method}", view, methods=[route.method]
        )


def _behind_the_door(
    house: House, authenticator: Authenticator, face: ErrorFace, route: Route
) -> View:
    def door(**arguments: Any) -> Response:  # noqa: ANN401  # the rule's own arguments
        def work(context: Context) -> Response:
            if not all(str(each).isprintable() for each in arguments.values()):
                raise NotFoundError  # PostgreSQL knows no NUL, and no key of ours holds a control
            return route.view(context, **arguments)

        return _answer(house, authenticator, route.operation, work, face)

    door.operation = route.operation  # type: ignore[attr-defined]  # what seal looks for
    return door


def _answer(
    house: House,
    authenticator: Authenticator,
    operation: Operation,
    work: Callable[[Context], Response],
    face: ErrorFace,
) -> Response:
    """Perform an operation for the caller of this request; whatever happens, answer."""

    def identify() -> Principal:
        principal = _caller(authenticator, operation)
        g.principal = principal  # so that a refusal knows whom it is told to
        return principal

    def in_our_words(context: Context) -> Response:
        try:
            response = work(context)
        except HTTPException as error:
            raise _as_ours(error) from error
        show_allowances(response, context.allowances)
        return response

    # Changes queue for the database's one writer anyway, and their bodies are slow to come.
    computing = house.gate.held() if request.method in SAFE_METHODS else nullcontext()
    try:
        with computing:
            return perform(house, operation, _origin(), identify, in_our_words)
    except MedshareError as error:
        _log(error, operation)
        refusal = face(error)
        say_when(refusal, error)
        if isinstance(error, TooManyRequestsError):
            show_allowances(refusal, error.allowances)
        return refusal
    except Exception:
        log.exception("request failed", request_id=request_id(), operation=operation.name)
        return face(InternalError())


def _caller(authenticator: Authenticator, operation: Operation) -> Principal:
    """Return who asks; what is open to everybody is open to those with stale credentials too."""
    if not isinstance(operation.access, Public):
        return authenticator.authenticate(HttpCredentials())
    if isinstance(operation.audit, Unrecorded):
        return ANONYMOUS
    try:
        return authenticator.authenticate(HttpCredentials())
    except MedshareError as error:
        if error.kind in _CALLERS_FAULT:
            return ANONYMOUS
        raise


_CALLERS_FAULT = frozenset(
    {ErrorKind.UNAUTHENTICATED, ErrorKind.FORBIDDEN, ErrorKind.INVALID, ErrorKind.MALFORMED}
)
_OUR_FAULT = frozenset({ErrorKind.INTERNAL, ErrorKind.UNAVAILABLE, ErrorKind.STORAGE_FULL})


def _log(error: MedshareError, operation: Operation) -> None:
    if error.kind in _OUR_FAULT:
        log.error(
            "request failed",
            request_id=request_id(),
            operation=operation.name,
            exc_info=error,
        )


def _origin() -> Origin:
    return Origin(
        request_id=request_id(),
        source_address=request.remote_addr or "",
        query=request.query_string.decode("utf-8", "replace"),
    )


def _as_ours(error: HTTPException) -> MedshareError:
    if isinstance(error, NotFound):
        return NotFoundError()
    if isinstance(error, MethodNotAllowed):
        return MethodNotAllowedError()
    if isinstance(error, RequestEntityTooLarge):
        return TooLargeError()
    if isinstance(error, InternalServerError):
        return InternalError()
    return MalformedError()


def guard(
    app: Flask, house: House, authenticator: Authenticator, faces: Mapping[str, ErrorFace]
) -> None:
    """Put every answer into its envelope; answer what no route takes, and record it.

    Parameters
    ----------
    faces
        How errors look below a path, where they are no problem documents.
    """
    app.wsgi_app = Envelope(  # type: ignore[method-assign]  # as Flask's documentation does
        app.wsgi_app, house.clock.new_key, house.settings.effective_base_url
    )
    app.after_request(observation.observe)

    @app.errorhandler(HTTPException)
    def answer_the_unmatched(error: HTTPException) -> Response:
        refusal = _as_ours(error)

        def refuse(_context: Context) -> Response:
            raise refusal

        below = (each for path, each in faces.items() if request.path.startswith(path))
        response = _answer(house, authenticator, UNMATCHED, refuse, next(below, problem))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response


def operations(app: Flask) -> Iterator[tuple[str, str, Operation]]:
    """Yield (rule, method, operation) of every installed route.

    Raises
    ------
    UnsealedRouteError
        A rule has no declared operation.
    """
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        if not isinstance(operation, Operation):
            raise UnsealedRouteError("A route has no declared permission and audit action.")
        for method in (rule.methods or set()) - {"HEAD"}:
            yield rule.rule, method, operation


def seal(app: Flask) -> None:
    """Stop the process unless every route was declared through ``endpoint``, by a name of its own.

    Raises
    ------
    UnsealedRouteError
        A route came in otherwise, or two operations share a name.
    """
    names = [operation.name for _rule, _method, operation in operations(app)]
    if len(names) != len(set(names)):
        raise UnsealedRouteError("Two routes share the name of an operation.")
