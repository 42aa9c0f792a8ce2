"""The headers that tell a caller what is left of its budgets.

References
----------
draft-ietf-httpapi-ratelimit-headers-10, sections 3 (``RateLimit-Policy``) and 4 (``RateLimit``).
"""

from collections.abc import Sequence

from flask import Response

from medshare.kernel.throttle import Allowance


def show_allowances(response: Response, allowances: Sequence[Allowance]) -> None:
    """Write each budget and what is left of it."""
    if not allowances:
        return
    policies = (
        f'"{each.budget.name}";q={each.budget.quota};w={int(each.budget.window.total_seconds())}'
        for each in allowances
    )
    left = (f'"{each.budget.name}";r={each.remaining};t={each.reset_s}' for each in allowances)
    response.headers["RateLimit-Policy"] = ", ".join(policies)
    response.headers["RateLimit"] = ", ".join(left)
