"""The OAuth endpoints, clients, accounts, sessions and the way to an identity provider."""

from medshare.access.routes.accounts import routes as account_routes
from medshare.access.routes.clients import client_routes
from medshare.access.routes.oauth import TOKEN_PATH, TokenDesk, oauth_error, oauth_routes
from medshare.access.routes.provider import CALLBACK_PATH, provider_routes
from medshare.access.routes.sessions import session_routes

__all__ = [
    "CALLBACK_PATH",
    "TOKEN_PATH",
    "TokenDesk",
    "account_routes",
    "client_routes",
    "oauth_error",
    "oauth_routes",
    "provider_routes",
    "session_routes",
]
