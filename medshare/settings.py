"""Every setting, once: a field here, ``MEDSHARE_<FIELD>`` in the environment.

A TOML file named by ``MEDSHARE_CONFIG_FILE`` may hold the same fields in lower case; the
environment wins. Secrets are never values: a field ending in ``_file`` names the file.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from medshare.kernel.errors import ErrorKind, MedshareError

PREFIX = "MEDSHARE_"
ADDRESS_POLICIES = ("public", "private", "loopback")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingError(MedshareError):
    """A setting is unknown or has a value of the wrong kind."""

    kind = ErrorKind.INVALID
    slug = "bad-setting"
    title = "A setting cannot be used"
    title_zh = "配置项无效"


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one process."""

    data_dir: Path = field(
        default=Path("data"), metadata={"meaning": "Directory of the embedded stores and secrets."}
    )
    database_url: str = field(
        default="",
        repr=False,  # the one setting that may hold a password
        metadata={"meaning": "SQLAlchemy URL; empty: SQLite in the data directory."},
    )
    blob_url: str = field(
        default="", metadata={"meaning": "file:// or s3://bucket/prefix; empty: files."}
    )
    s3_endpoint: str = field(default="", metadata={"meaning": "Address of the S3 service."})
    s3_region: str = field(default="us-east-1", metadata={"meaning": "Region of the S3 service."})
    s3_access_key_id: str = field(default="", metadata={"meaning": "Access key of the S3 service."})
    s3_secret_access_key_file: Path | None = field(
        default=None, metadata={"meaning": "File with the secret key of the S3 service."}
    )
    host: str = field(default="127.0.0.1", metadata={"meaning": "Address to listen on."})
    port: int = field(default=8080, metadata={"meaning": "Port to listen on.", "high": 65535})
    workers: int = field(default=1, metadata={"meaning": "Server processes."})
    threads: int = field(default=64, metadata={"meaning": "Blocking threads a process."})
    statement_timeout_s: int = field(
        default=60,
        metadata={
            "meaning": "Seconds after which a database statement is given up; 0: never.",
            "low": 0,
        },
    )
    base_url: str = field(
        default="", metadata={"meaning": "Address that callers use; empty: from host and port."}
    )
    time_zone: ZoneInfo = field(
        default=ZoneInfo("Asia/Shanghai"),
        metadata={
            "meaning": "The city's IANA zone: its days, working hours, dates without offset."
        },
    )
    cross_origins: str = field(
        default="",
        metadata={"meaning": "Origins whose pages may call DICOMweb, by commas; empty: none."},
    )
    token_lifetime_s: int = field(
        default=300,
        metadata={"meaning": "Seconds that an access token is valid, at most 300.", "high": 300},
    )
    client_secret_basic: bool = field(
        default=True, metadata={"meaning": "Whether clients may authenticate by a shared secret."}
    )
    session_idle_s: int = field(
        default=1800, metadata={"meaning": "Seconds without a request that end a session."}
    )
    session_lifetime_s: int = field(
        default=43200, metadata={"meaning": "Seconds after which a session ends in any case."}
    )
    oidc_issuer: str = field(
        default="",
        metadata={"meaning": "Issuer of the identity provider that people may log in at."},
    )
    oidc_client_id: str = field(
        default="", metadata={"meaning": "What medshare is called at the identity provider."}
    )
    oidc_client_secret_file: Path | None = field(
        default=None, metadata={"meaning": "File with medshare's secret at the identity provider."}
    )
    care_window_days: int = field(
        default=30, metadata={"meaning": "Days after its end that an encounter still opens data."}
    )
    care_open_days: int = field(
        default=180, metadata={"meaning": "Days after its start that an open encounter counts."}
    )
    two_person_merge: bool = field(
        default=False,
        metadata={"meaning": "Whether a second registrar confirms each merge and unmerge."},
    )
    webhook_addresses: str = field(
        default="private",
        metadata={
            "meaning": "How far webhooks reach: public, private networks too, or loopback too.",
            "choices": ADDRESS_POLICIES,
        },
    )
    decision_undo_hours: int = field(
        default=24, metadata={"meaning": "Hours in which a recognition decision can be undone."}
    )
    decision_overlooked_hours: int = field(
        default=24,
        metadata={"meaning": "Hours after which a due result without a decision is overlooked."},
    )
    alert_department_minutes: int = field(
        default=60,
        metadata={"meaning": "Minutes until an unread reliance alert reaches the department."},
    )
    alert_head_minutes: int = field(
        default=240,
        metadata={"meaning": "Minutes until an unread reliance alert reaches its head."},
    )
    requests_per_minute: int = field(
        default=60_000,
        metadata={
            "meaning": "Requests a minute of one client or person to one process; 0: any number.",
            "low": 0,
        },
    )
    anonymous_requests_per_minute: int = field(
        default=6_000,
        metadata={
            "meaning": "The same of one address whose callers are not known; 0: any number.",
            "low": 0,
        },
    )
    look_ups_per_person: int = field(
        default=300,
        metadata={
            "meaning": "Look-ups of patients in ten minutes by one person; 0: any number.",
            "low": 0,
        },
    )
    missed_look_ups_per_client: int = field(
        default=3_000,
        metadata={
            "meaning": "Look-ups in ten minutes that show a client nobody; 0: any number.",
            "low": 0,
        },
    )
    audit_encryption_key_file: Path | None = field(
        default=None,
        metadata={
            "meaning": "File with the key that wraps those of the trail's words; made where it is "
            "missing; empty: in the secrets of the data directory."
        },
    )
    audit_witnesses_file: Path | None = field(
        default=None,
        metadata={
            "meaning": "File with the keys of witnesses whose cosignatures are kept, a C2SP "
            "verifier key a line; empty: none."
        },
    )
    audit_retention_days: int = field(
        default=2192,
        metadata={"meaning": "Days that entries of the trail are kept, at least 180.", "low": 180},
    )
    audit_limits_file: Path | None = field(
        default=None,
        metadata={
            "meaning": "JSON file with the limits of anomalies and the working hours of figures; "
            "empty: those shipped."
        },
    )
    body_limit_bytes: int = field(
        default=32 << 20, metadata={"meaning": "Largest request body other than DICOM."}
    )
    upload_limit_bytes: int = field(
        default=8 << 30, metadata={"meaning": "Largest DICOM upload, in one request."}
    )
    pixel_workers: int = field(
        default=2, metadata={"meaning": "Processes that decode and render, of each server process."}
    )
    pixel_memory_bytes: int = field(
        default=2 << 30, metadata={"meaning": "Address space of such a process."}
    )
    pixel_time_s: int = field(
        default=20, metadata={"meaning": "Seconds that decoding or rendering may take."}
    )
    pixel_cache_bytes: int = field(
        default=2 << 30, metadata={"meaning": "Disk for rendered and transcoded frames.", "low": 0}
    )
    font_file: str = field(
        default="",
        metadata={"meaning": "Font for names in rendered images; empty: a Latin one."},
    )
    low_water_bytes: int = field(
        default=256 << 20,
        metadata={"meaning": "Free disk below which writes are refused.", "low": 0},
    )
    log_level: str = field(
        default="INFO",
        metadata={"meaning": "DEBUG, INFO, WARNING or ERROR.", "choices": LOG_LEVELS},
    )

    @property
    def effective_database_url(self) -> str:
        """Return the database's address, the embedded default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve()}/index.db"

    @property
    def effective_blob_url(self) -> str:
        """Return the blob store's address, the embedded default filled in."""
        return self.blob_url or f"file://{self.data_dir.resolve()}/blobs"

    @property
    def effective_base_url(self) -> str:
        """Return the address that callers use, without a trailing slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment and the optional TOML file.

    Raises
    ------
    SettingError
        A ``MEDSHARE_`` variable or a key of the file is unknown or cannot be read.
    """
    environment = os.environ if environment is None else environment
    values = _read_file(environment.get(f"{PREFIX}CONFIG_FILE", ""))
    for name, text in environment.items():
        if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG_FILE":
            values[name.removeprefix(PREFIX).lower()] = text
    known = {each.name: each for each in fields(Settings)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise SettingError("There is no such setting.", params={"setting": unknown[0]})
    return Settings(**{name: _read(known[name], value) for name, value in values.items()})


def _read_file(path: str) -> dict[str, object]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SettingError(
            "The configuration file cannot be read.", params={"setting": "config_file"}
        ) from None


def _read(known: Field[Any], value: object) -> Any:  # noqa: ANN401  # each field has its type
    """Read one value: a text from the environment, a text, number or truth value from TOML."""
    try:
        return _checked(known, _converted(known.type, value))
    except (KeyError, OSError, ValueError):  # a zone is looked for among files
        raise SettingError(
            "The setting has a value of the wrong kind.", params={"setting": known.name}
        ) from None


def _converted(kind: object, value: object) -> object:
    if not isinstance(value, str):
        if type(value) is kind:
            return value
        raise ValueError
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
    if kind is int:
        return int(value)
    if kind in (str, ZoneInfo):
        return kind(value)
    return Path(value) if value else None


def _checked(known: Field[Any], value: object) -> object:
    low, high = known.metadata.get("low", 1), known.metadata.get("high")
    if type(value) is int and (value < low or (high is not None and value > high)):
        raise ValueError
    if value not in known.metadata.get("choices", (value,)):
        raise ValueError
    if value is None and known.default is not None:
        raise ValueError
    return value
