"""The query parameters that are medshare's own on addresses of DICOMweb."""

from typing import cast

from medshare.imaging.cases import RetractionReason
from medshare.web.body import load_arguments
from medshare.web.fields import Input, OneOf


class RetractionQuerySchema(Input):
    """Why something is retracted."""

    reason = OneOf(RetractionReason, required=True)


RETRACTION_QUERY = RetractionQuerySchema()


def load_retraction_reason() -> RetractionReason:
    """Load the reason in the query string."""
    return cast("RetractionReason", load_arguments(RETRACTION_QUERY)["reason"])
