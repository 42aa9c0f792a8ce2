"""People who log in: their roles, accounts and sessions, and what can be wrong with them."""

from dataclasses import dataclass
from datetime import datetime

from medshare.access.model.roles import Role
from medshare.kernel.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
)
from medshare.kernel.identifiers import FacilityCode


@dataclass(frozen=True, slots=True)
class Account:
    """A person who logs in; ``facility`` is ``None`` for city-wide roles only.

    Parameters
    ----------
    must_change_password
        An administrator set the password: nothing else can be done before it is changed.
    provider_subject
        The person's ``sub`` at the identity provider, where they log in there.
    version
        Counts the changes from 1.
    """

    id: str
    username: str
    display_name: str
    roles: frozenset[Role]
    facility: FacilityCode | None = None
    department: str = ""
    disabled: bool = False
    must_change_password: bool = False
    provider_subject: str | None = None
    has_second_factor: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class SessionState:
    """A person's session: when it began, was last used, and when they last proved themselves."""

    account: Account
    created_at: datetime
    last_seen_at: datetime
    proved_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A session with what proves that a change was asked for by our own pages."""

    state: SessionState
    csrf_token: str

    @property
    def account(self) -> Account:
        """Whose session it is."""
        return self.state.account


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """What a person typed; ``code`` is empty where the account has no second factor."""

    username: str
    password: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Failures:
    """How often a login has failed in a row, and when last."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderLogin:
    """What a login took along to the identity provider, and where it goes on afterwards.

    ``verifier`` is PKCE's (RFC 7636), ``next_path`` a path of our own.
    """

    nonce: str
    verifier: str
    next_path: str
    started_at: datetime


class FacilityMissingError(InvalidError):
    """A client or an account names a facility that does not take part."""

    slug = "facility-missing"
    title = "The facility does not take part; add it first"
    title_zh = "该机构尚未加入，请先登记机构"


class AccountTakenError(ConflictError):
    """An account of this user name stands already."""

    slug = "account-taken"
    title = "The user name is taken; choose another"
    title_zh = "用户名已被占用，请更换"


class AccountUnknownError(NotFoundError):
    """There is no such account."""

    slug = "account-unknown"
    title = "There is no such account"
    title_zh = "没有该账户"


class LoginRefusedError(UnauthenticatedError):
    """User name or password are wrong; which of them is not told."""

    slug = "login-refused"
    title = "User name or password are wrong"
    title_zh = "用户名或密码错误"


class SecondFactorRequiredError(UnauthenticatedError):
    """The password is right, and the code of the account's second factor is missing or wrong."""

    slug = "second-factor-required"
    title = "Send the current code of the second factor in code"
    title_zh = "请在 code 中填写当前的动态口令"


class SecondFactorUnknownError(ConflictError):
    """The account has asked for no second factor that it could confirm."""

    slug = "no-second-factor"
    title = "Ask for a second factor first, then confirm it by a code"
    title_zh = "请先申请动态口令，再以验证码确认"


class ProviderRefusedError(UnauthenticatedError):
    """The login at the identity provider does not hold, or is nobody's here."""

    slug = "provider-login-refused"
    title = "The login at the identity provider could not be used; begin again"
    title_zh = "无法使用身份提供方的登录结果，请重新登录"


class ProviderMissingError(NotFoundError):
    """No identity provider is configured."""

    slug = "no-provider"
    title = "No identity provider is configured; log in with a password"
    title_zh = "未配置身份提供方，请使用密码登录"
