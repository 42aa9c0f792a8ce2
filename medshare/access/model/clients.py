"""Hospital systems that ask for tokens, and what can be wrong with them."""

from dataclasses import dataclass

from medshare.kernel.errors import ConflictError, NotFoundError, UnauthenticatedError
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.principal import ActingUser, PurposeOfUse


@dataclass(frozen=True, slots=True)
class Client:
    """A hospital system that asks for tokens; it belongs to one facility.

    ``jwks`` are its public keys as JSON text (RFC 7517), ``jwks_uri`` the address where it keeps
    them; with neither it has a shared secret. ``version`` counts its changes from 1.
    ``embed_origin`` is the origin of the pages that may frame ours for it; none may without.
    """

    id: str
    name: str
    facility: FacilityCode
    scopes: tuple[str, ...]
    jwks: str | None = None
    disabled: bool = False
    jwks_uri: str | None = None
    version: int = 1
    embed_origin: str | None = None

    @property
    def has_keys(self) -> bool:
        """Whether it signs assertions instead of sending a secret."""
        return self.jwks is not None or self.jwks_uri is not None


@dataclass(frozen=True, slots=True)
class ClientProof:
    """What a client brought to the token endpoint: a shared secret, or a signed assertion."""

    client_id: str = ""
    secret: str = ""
    assertion: str = ""


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """What a client asks for: scopes, and the person and purpose behind it."""

    scope: str = ""
    acting_user: ActingUser | None = None
    purpose: PurposeOfUse | None = None


class InvalidClientError(UnauthenticatedError):
    """The client could not be authenticated; the reason is the same for every cause."""

    slug = "invalid-client"
    title = "The client could not be authenticated"
    title_zh = "客户端认证失败"


class ClientTakenError(ConflictError):
    """A client of this id stands already."""

    slug = "client-taken"
    title = "The client id is taken; choose another"
    title_zh = "客户端标识已被占用，请更换"


class ClientUnknownError(NotFoundError):
    """There is no such client."""

    slug = "client-unknown"
    title = "There is no such client"
    title_zh = "没有该客户端"


class ClientHasKeysError(ConflictError):
    """A client that signs with keys of its own has no secret to renew."""

    slug = "client-has-keys"
    title = "The client signs with its own keys; change those instead"
    title_zh = "该客户端使用自有密钥，请更换密钥"


class ClientWithoutProofError(ConflictError):
    """A client's keys are taken away and nothing is left to prove itself by."""

    slug = "client-without-proof"
    title = "Send the keys that the client signs with; register another client to use a secret"
    title_zh = "请填写该客户端的密钥；如需使用密码，请登记新的客户端"
