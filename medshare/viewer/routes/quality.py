"""Quality control's pages: what became of results, and the registers that decide it."""

from dataclasses import dataclass

from flask import Response

from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.policies import service as policies
from medshare.recognition.statistics.asking import ask
from medshare.recognition.statistics.flags import flags_of
from medshare.recognition.statistics.model import Fate, rates_of, reasons_of
from medshare.recognition.statistics.savings import FORMULA_EN, FORMULA_ZH, Amounts, savings_of
from medshare.viewer.consoles import recognition
from medshare.viewer.consoles.schemas import load_period
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages
from medshare.viewer.words import translator, wanted_language
from medshare.web.endpoint import Routes

QUALITY = "/viewer/quality"


def quality_routes(pages: Pages) -> Routes:
    """Return quality control's pages."""
    routes = Routes(error_face=pages.refusal)
    desk = _Desk(pages)
    routes.endpoint(
        QUALITY,
        name="viewer.recognition-figures",
        access=Permission.STATISTICS_READ,
        audit=Recorded(AuditAction.SEARCH, about_patients=False),
    )(desk.figures)
    return routes


@dataclass(frozen=True, slots=True)
class _Desk:
    """The views, which share the pages."""

    pages: Pages

    def figures(self, context: Context) -> Response:
        """Show rates, days, reasons, flows and savings of a period."""
        now, zone = context.house.clock.now(), context.house.settings.time_zone
        asked = load_period(now, zone)
        findings = ask(context, asked.question(now, zone))
        with context.read() as uow:
            known = hospitals(uow)
            judged_by = [policies.get(uow, each) for each in sorted(findings.rulebooks)]
        names = recognition.reasons_of_versions(judged_by)
        language = wanted_language()
        judged, t = findings.judged, translator(language)
        rates, reasons = rates_of(judged), reasons_of(judged)
        savings = savings_of(judged, findings.rulebooks, findings.question.as_of)
        days = recognition.days_of(judged, findings.question, zone)
        return self.pages.answer(
            context.principal,
            "quality_figures",
            asked=asked,
            question=findings.question,
            known=known,
            usable=len(judged),
            rates=rates,
            percent=recognition.percent,
            rates_chart=recognition.rates_chart(rates, language),
            days=days,
            fates=tuple(Fate),
            days_chart=recognition.days_chart(days, t),
            reasons=reasons,
            reason_name=lambda code: recognition.reason_name(code, names, language),
            reasons_chart=recognition.reasons_chart(reasons, names, language),
            flow=recognition.flow_matrix(judged),
            savings=savings,
            claimed=sum(savings.values(), Amounts()),
            savings_chart=recognition.savings_chart(savings, t),
            formula=language.choose(FORMULA_ZH, FORMULA_EN),
            flags=[each for each in flags_of(judged) if each.is_raised],
        )
