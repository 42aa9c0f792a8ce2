from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from medshare.cli.server import _masked
from medshare.settings import SettingError, Settings, load_settings


def refused(environment: dict[str, str]) -> object:
    with pytest.raises(SettingError) as refusal:
        load_settings(environment)
    return refusal.value.params["setting"]


def test_nothing_set_is_the_embedded_default() -> None:
    assert load_settings({"PATH": "/bin", "HOME": "/"}) == Settings()


def test_the_environment_sets_each_kind() -> None:
    settings = load_settings(
        {
            "MEDSHARE_DATA_DIR": "/srv/medshare",
            "MEDSHARE_PORT": "8443",
            "MEDSHARE_TIME_ZONE": "Asia/Urumqi",
            "MEDSHARE_CLIENT_SECRET_BASIC": "False",
            "MEDSHARE_BASE_URL": "https://medshare.example/",
            "MEDSHARE_S3_SECRET_ACCESS_KEY_FILE": "",
        }
    )
    assert settings.data_dir == Path("/srv/medshare")
    assert settings.port == 8443
    assert settings.time_zone == ZoneInfo("Asia/Urumqi")
    assert settings.client_secret_basic is False
    assert settings.effective_base_url == "https://medshare.example"
    assert settings.s3_secret_access_key_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", ""),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WORKERS", "-1"),
        ("THREADS", "0"),
        ("TOKEN_LIFETIME_S", "301"),
        ("SESSION_IDLE_S", "0"),
        ("LOW_WATER_BYTES", "-1"),
        ("CLIENT_SECRET_BASIC", "no"),
        ("CLIENT_SECRET_BASIC", ""),
        ("TIME_ZONE", "Mars/Base"),
        ("TIME_ZONE", "Asia"),
        ("TIME_ZONE", ""),
        ("TIME_ZONE", "../zone"),
        ("LOG_LEVEL", "LOUD"),
        ("DATA_DIR", ""),
        ("PROT", "8080"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_setting(
    name: str, value: str
) -> None:
    assert refused({f"MEDSHARE_{name}": value}) == name.lower()


def test_a_toml_file_sets_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "medshare.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\nclient_secret_basic = false\n')
    settings = load_settings({"MEDSHARE_CONFIG_FILE": str(file), "MEDSHARE_HOST": "127.0.0.2"})
    assert (settings.port, settings.host, settings.client_secret_basic) == (
        9000,
        "127.0.0.2",
        False,
    )


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("port = true", "port"),
        ("port = 80.5", "port"),
        ('host = ["a"]', "host"),
        ("host = 5", "host"),
        ("client_secret_basic = 1", "client_secret_basic"),
        ("data_dir = 5", "data_dir"),
        ("prot = 1", "prot"),
        ("[server]\nport = 1", "server"),
        ("port =", "config_file"),
    ],
)
def test_a_toml_value_of_the_wrong_kind_is_refused(line: str, setting: str, tmp_path: Path) -> None:
    file = tmp_path / "medshare.toml"
    file.write_text(line)
    assert refused({"MEDSHARE_CONFIG_FILE": str(file)}) == setting


def test_a_configuration_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    assert refused({"MEDSHARE_CONFIG_FILE": str(tmp_path / "none.toml")}) == "config_file"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://medshare:p@ss:w/rd@db/x", "postgresql://medshare:***@db/x"),
        ("postgresql://medshare@db/x", "postgresql://medshare@db/x"),
        (
            "postgresql://db/x?user=m&password=hidden&a=1",
            "postgresql://db/x?user=m&password=***&a=1",
        ),
        ("sqlite:////srv/medshare/index.db", "sqlite:////srv/medshare/index.db"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_password_in_an_address_is_masked(text: str, shown: str) -> None:
    assert _masked(text) == shown


def test_the_settings_do_not_show_the_database_address_by_accident() -> None:
    assert "hidden" not in repr(Settings(database_url="postgresql://u:hidden@db/x"))
