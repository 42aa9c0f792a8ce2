"""Clients, accounts, sessions and tokens in and out of JSON and forms."""

from medshare.access.schemas.clients import (
    ClientChangeSchema,
    ClientListSchema,
    ClientSchema,
    SecretRequestSchema,
    dump_client,
    load_change,
    load_client,
    load_overlap,
    read_client,
)
from medshare.access.schemas.oauth import (
    GrantTypeError,
    IntrospectionSchema,
    TokenSchema,
    load_token_question,
    load_token_request,
)
from medshare.access.schemas.people import (
    AccountSchema,
    LoginSchema,
    SessionSchema,
    account_of,
    dump_account,
    dump_session,
    load_account,
    load_login,
)

__all__ = [
    "AccountSchema",
    "ClientChangeSchema",
    "ClientListSchema",
    "ClientSchema",
    "GrantTypeError",
    "IntrospectionSchema",
    "LoginSchema",
    "SecretRequestSchema",
    "SessionSchema",
    "TokenSchema",
    "account_of",
    "dump_account",
    "dump_client",
    "dump_session",
    "load_account",
    "load_change",
    "load_client",
    "load_login",
    "load_overlap",
    "load_token_question",
    "load_token_request",
    "read_client",
]
