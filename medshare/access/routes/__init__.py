"""The OAuth endpoints, ``/api/v1/clients``, ``/api/v1/accounts`` and ``/api/v1/session``."""

from medshare.access.routes.clients import client_routes
from medshare.access.routes.oauth import TOKEN_PATH, TokenDesk, oauth_error, oauth_routes
from medshare.access.routes.people import routes as people_routes

__all__ = [
    "TOKEN_PATH",
    "TokenDesk",
    "client_routes",
    "oauth_error",
    "oauth_routes",
    "people_routes",
]
