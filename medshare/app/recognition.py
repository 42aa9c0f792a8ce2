"""What recognition brings to the house: its routes, and its kinds of long work."""

from collections.abc import Sequence

from medshare.jobs.kinds import Kind
from medshare.recognition.catalogue.routes import routes as catalogue_routes
from medshare.recognition.certificates.routes import routes as certificate_routes
from medshare.recognition.claims.routes import routes as claim_routes
from medshare.recognition.decisions.routes import routes as decision_routes
from medshare.recognition.defects.routes import routes as defect_routes
from medshare.recognition.evaluations.routes import routes as evaluation_routes
from medshare.recognition.policies.routes import routes as policy_routes
from medshare.recognition.reliance.routes import routes as alert_routes
from medshare.recognition.simulation.routes import routes as simulation_routes
from medshare.recognition.simulation.service import SIMULATION
from medshare.recognition.statistics.routes import routes as statistics_routes
from medshare.web.endpoint import Routes

RECOGNITION_ROUTES: Sequence[Routes] = (
    catalogue_routes,
    certificate_routes,
    policy_routes,
    evaluation_routes,
    decision_routes,
    alert_routes,
    statistics_routes,
    simulation_routes,
    defect_routes,
    claim_routes,
)
JOB_KINDS: Sequence[Kind] = (SIMULATION,)
