"""How a page becomes an answer: templates, the headers that bind scripts, and refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Response, g, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from medshare.access import sessions
from medshare.access.authenticator import COOKIE
from medshare.infra.perform import Context
from medshare.kernel.errors import ErrorKind, MedshareError
from medshare.kernel.principal import ANONYMOUS, Principal, PurposeOfUse
from medshare.viewer.bundle import Bundle, BundleMissingError
from medshare.viewer.navigation import HOME, places_of
from medshare.viewer.shown import filters_of
from medshare.viewer.words import Language, script_words, translator, wanted_language
from medshare.web.envelope import FRAMED, request_id
from medshare.web.problems import STATUSES

HTML = "text/html; charset=utf-8"
# Workers and images from blob: are the image viewport's, frames those of a PDF in an emergency;
# nothing may come from elsewhere.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "frame-src": "'self' blob:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{name} {sources}" for name, sources in _SOURCES.items())


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders every page of one process.

    ``has_provider`` tells whether people may also sign in at the hospital's identity provider;
    ``zone`` is the one in which dates and times are shown.
    """

    bundle: Bundle
    has_provider: bool
    zone: ZoneInfo

    def answer(
        self,
        principal: Principal,
        name: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **values: object,
    ) -> Response:
        """Answer the page ``name``: its template, run by the script of the same name."""
        language = wanted_language()
        text = (
            _environment(self.zone)
            .get_template(f"{name}.html")
            .render(
                **_common(language, self.zone),
                principal=principal,
                places=places_of(principal),
                csrf_token=_csrf_token(principal),
                stated_purpose=principal.purpose if principal.purpose is PurposeOfUse.BTG else "",
                script_words=script_words(language),
                script=self.bundle.script(name),
                styles=self.bundle.styles(name),
                has_provider=self.has_provider,
                here=request.path,
                **values,
            )
        )
        response = Response(text, status=status, content_type=HTML)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Cookie, Accept-Language"
        return response

    def refusal(self, error: MedshareError) -> Response:
        """Answer a refusal as a page; whoever is not signed in is asked to."""
        status = STATUSES[error.kind]
        if isinstance(error, BundleMissingError):
            return Response(f"{error.title_zh}\n{error.title}\n", status, content_type="text/plain")
        if error.kind is ErrorKind.UNAUTHENTICATED:
            response = self.answer(ANONYMOUS, "login", status=status)
            response.headers["WWW-Authenticate"] = 'Bearer realm="medshare"'
            return response
        language, t = wanted_language(), translator(wanted_language())
        sentence = language.choose(error.detail_zh, error.detail)
        if error.kind is ErrorKind.FORBIDDEN:  # its words are for systems that call
            sentence = t("refusal.forbidden")
        asker = g.get("principal", ANONYMOUS)
        return self.answer(
            asker if asker.acting_user else ANONYMOUS,
            "refusal",
            status=status,
            code=status.value,
            sentence=sentence,
            faults=[language.choose(each.zh, each.en) for each in error.issues],
            request_id=request_id(),
        )


def framed(response: Response, ancestors: str) -> Response:
    """Let pages of some origins, and no others, show a page in their frame."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        "frame-ancestors 'none'", f"frame-ancestors {ancestors}"
    )
    response.headers[FRAMED] = "1"
    return response


def look_for(context: Context, purpose: PurposeOfUse | None) -> None:
    """Let an operation go on for the purpose that the page's address states, if it states one."""
    if purpose is not None:
        context.principal = replace(context.principal, purpose=purpose)


def part(context: Context, name: str, **values: object) -> Response:
    """Answer a part of a page, which a script puts into its place."""
    language, zone = wanted_language(), context.house.settings.time_zone
    text = (
        _environment(zone)
        .get_template(f"{name}.html")
        .render(**_common(language, zone), principal=context.principal, **values)
    )
    response = Response(text, content_type=HTML)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Content-Language"] = language
    return response


def _common(language: Language, zone: ZoneInfo) -> Mapping[str, object]:
    return {
        "t": translator(language),
        "language": language,
        "other_language": next(each for each in Language if each is not language),
        "home": HOME,
        "zone": zone.key,
    }


def _csrf_token(principal: Principal) -> str:
    key = request.cookies.get(COOKIE, "")
    return sessions.csrf_token_of(key) if key and principal.is_known else ""


@cache
def _environment(zone: ZoneInfo) -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__ or ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters_of(zone)
    return environment
