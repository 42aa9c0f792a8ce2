"""Quality control's registers as pages: certificates, policies and their trials, codes, defects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from flask import Response

from medshare.exams import service as exams
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.jobs import service as jobs
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import ExamId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.catalogue import service as catalogues
from medshare.recognition.certificates import service as certificates
from medshare.recognition.claims import service as claims
from medshare.recognition.defects import service as defects
from medshare.recognition.defects.model import CaseState
from medshare.recognition.policies import service as policies
from medshare.recognition.simulation.service import SIMULATION
from medshare.viewer.consoles import recognition, registers
from medshare.viewer.consoles.changes import Teller, source_name
from medshare.viewer.consoles.people import names_of
from medshare.viewer.consoles.schemas import load_defects, load_list
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages
from medshare.viewer.routes.listing import SHOWN, Listing
from medshare.viewer.routes.quality import QUALITY
from medshare.viewer.words import translator, wanted_language
from medshare.web.endpoint import Routes

TRIED_DAYS = 90


def register_routes(pages: Pages) -> Routes:
    """Return the pages of the registers."""
    routes = Routes(error_face=pages.refusal)
    desk, certified = _Desk(pages), partial(CERTIFICATES.answer, pages=pages)
    listed = Recorded(AuditAction.SEARCH, about_patients=False)
    read = Recorded(AuditAction.READ, about_patients=False)
    whose = Recorded(AuditAction.SEARCH)
    for path, name, access, audit, view in (
        ("/certificates", "certificates", Permission.CERTIFICATE_WRITE, listed, certified),
        ("/policies", "policies", Permission.POLICY_WRITE, listed, desk.policies),
        ("/policies/<content_hash>", "policy", Permission.POLICY_WRITE, read, desk.policy),
        ("/trials/<uuid:job_id>", "trial", Permission.JOB_READ, read, desk.trial),
        ("/codes", "codes", Permission.CATALOGUE_WRITE, listed, desk.codes),
        ("/defects", "defects", Permission.DEFECT_SEARCH, whose, desk.defects),
        ("/claims", "claims", Permission.DEFECT_SEARCH, whose, desk.claims),
    ):
        routes.endpoint(f"{QUALITY}{path}", name=f"viewer.{name}", access=access, audit=audit)(view)
    return routes


def _certified(uow: UnitOfWork) -> Mapping[str, Any]:
    """Return what a certificate can be of, and when it is read."""
    items = exams.managed_items(uow)
    return {"scopes": certificates.scopes(uow), "items": items, "now": uow.now()}


CERTIFICATES = Listing("quality_certificates", certificates.page, _certified)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The views, which share the pages."""

    pages: Pages

    def policies(self, context: Context) -> Response:
        """Show the versions, which of them is in force, and one's own trials."""
        with context.read() as uow:
            versions = policies.all_versions(uow)
            own = jobs.page(uow, context.principal.id, cursor=None, limit=SHOWN).items
            names = names_of(uow, registers.people_of(versions))
            now = uow.now()
        return self.pages.answer(
            context.principal,
            "quality_policies",
            versions=[registers.standing_of(each, versions, now) for each in reversed(versions)],
            numbers=registers.numbers_of(versions),
            trials=[each for each in own if each.kind == SIMULATION.name],
            names=names,
        )

    def policy(self, context: Context, content_hash: str) -> Response:
        """Show a version, what it changes, and what it is tried, changed and enacted by."""
        with context.read() as uow:
            version = policies.get_by_hash(uow, content_hash)
            versions = policies.all_versions(uow)
            names = names_of(uow, registers.people_of([version]))
            standing = registers.standing_of(version, versions, uow.now())
            in_force = registers.in_force(versions, uow.now())
            differences = policies.compare(uow, in_force.id, version.id) if in_force else []
            ruled = {code for each in (version, in_force) if each for code in each.content.terms}
            items = exams.item_names(uow, ruled)
            scopes = {each.code: (each.name_zh, each.name_en) for each in certificates.scopes(uow)}
            known, now = hospitals(uow), uow.now()
        language, zone = wanted_language(), context.house.settings.time_zone
        teller = Teller(items, scopes, language, translator(language), zone)
        context.touched(AuditObject("policy", version.content_hash))
        return self.pages.answer(
            context.principal,
            "quality_policy",
            standing=standing,
            number=registers.numbers_of(versions)[version.content_hash],
            document=orjson.loads(version.text),
            changes=[*teller.changes(differences)],
            source_name=source_name,
            items=items,
            names=names,
            known=known,
            now=now,
            first=now - timedelta(days=TRIED_DAYS),
            tomorrow=now + timedelta(days=1),
        )

    def trial(self, context: Context, job_id: UUID) -> Response:
        """Show how far the trial of a policy has come, and what the policy would change."""
        with context.read() as uow:
            job = jobs.get(uow, context.principal.id, str(job_id))
            numbers = registers.numbers_of(policies.all_versions(uow))
            found = job.result or {}
            items = exams.item_names(uow, {each["item"] for each in found.get("items", [])})
            known = hospitals(uow)
        context.touched(AuditObject("job", job.id))
        return self.pages.answer(
            context.principal,
            "quality_trial",
            job=job,
            numbers=numbers,
            found=found,
            moves=registers.moves_of(found),
            reason_name=lambda code: recognition.verdict_reason(code, wanted_language()),
            items=items,
            known=known,
        )

    def codes(self, context: Context) -> Response:
        """Show the codes that wait for a meaning, and the items that they can mean."""
        own = context.principal.facility
        with context.read() as uow:
            waiting = [each for each in catalogues.unmapped(uow) if own in (None, each.facility)]
            catalogue = catalogues.load(uow)
            items = exams.managed_items(uow)
            known = hospitals(uow)
        return self.pages.answer(
            context.principal,
            "quality_codes",
            waiting=waiting,
            items=items,
            catalogue=catalogue,
            codes=registers.codes_by_item(catalogue),
            specimen_name=registers.specimen_name,
            known=known,
        )

    def defects(self, context: Context) -> Response:
        """Show the cases in which an offered result was unfit."""
        asked = load_defects()
        with context.read() as uow:
            page = defects.page(
                uow,
                facility=context.principal.facility,
                open_only=asked.state is CaseState.OPEN,
                cursor=asked.cursor,
                limit=SHOWN,
            )
            subjects = exams.subjects_of(uow, [ExamId(each.declined.exam) for each in page.items])
            names = names_of(uow, [each.claimed_by for each in page.items])
            items = exams.item_names(uow, {each.declined.item for each in page.items})
            reasons = recognition.reasons_of_versions(policies.all_versions(uow))
            known = hospitals(uow)
        context.touched(*(AuditObject("defect", each.id) for each in page.items))
        if subjects:
            context.concerns(*subjects.values())
        else:
            context.concerns_nobody("nothing found")
        return self.pages.answer(
            context.principal,
            "quality_defects",
            cases=page.items,
            next_cursor=page.next_cursor,
            state=asked.state,
            names=names,
            reason_name=lambda code: recognition.reason_name(code, reasons, wanted_language()),
            items=items,
            known=known,
        )

    def claims(self, context: Context) -> Response:
        """Show the marks that no certificate covers."""
        cursor = load_list()
        with context.read() as uow:
            page = claims.page(uow, facility=context.principal.facility, cursor=cursor, limit=SHOWN)
            items = exams.item_names(uow, {each.item for each in page.items if each.item})
            known = hospitals(uow)
        context.touched(*(AuditObject("exam", each.exam_id) for each in page.items))
        subjects = [each.subject for each in page.items if each.subject]
        if subjects:
            context.concerns(*subjects)
        else:
            context.concerns_nobody("nothing found, or nobody registered yet")
        return self.pages.answer(
            context.principal,
            "quality_claims",
            claims=page.items,
            next_cursor=page.next_cursor,
            items=items,
            known=known,
        )
