# SPDX-License-Identifier: Apache-2.0
"""A setting that is not understood stops the start, and says which it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glasshouse.config.environment import NAMES, Environment, SettingError
from glasshouse.engines.ledger.notes import SigningKey

WITNESS = str(SigningKey.generate("witness.example").verifier)


def of(**variables: str) -> Environment:
    return Environment({f"GLASSHOUSE_{name.upper()}": value for name, value in variables.items()}, {})


def test_a_variable_goes_before_the_file_and_a_secret_may_lie_in_one_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n", "utf-8")
    content = {"name": "from lab.toml"}
    assert Environment({}, content).text("name") == "from lab.toml"
    assert Environment({"GLASSHOUSE_NAME_FILE": str(secret)}, content).text("name") == "from a file"
    both = {"GLASSHOUSE_NAME": "from here", "GLASSHOUSE_NAME_FILE": str(secret)}
    assert Environment(both, content).text("name") == "from here"


def test_a_secret_s_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"GLASSHOUSE_NAME_FILE names .*absent"):
        Environment({"GLASSHOUSE_NAME_FILE": str(tmp_path / "absent")}, {}).text("name")


@pytest.mark.parametrize("content", ['trusted_proxy = "10.0.0.1"', "[lab]\n", "url = ", "\xff"])
def test_a_lab_toml_with_a_slip_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "lab.toml").write_bytes(content.encode("latin-1"))
    with pytest.raises(SettingError, match=r"lab\.toml"):
        Environment.of(tmp_path)


def test_every_setting_that_is_read_may_stand_in_lab_toml(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text("\n".join(f'{name} = ""' for name in NAMES), "utf-8")
    assert Environment.of(tmp_path).file.keys() == NAMES


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example", "10.0.0.1/8", "10.0.0.1;10.0.0.2"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="trusted_proxies"):
        of(trusted_proxies=text).networks("trusted_proxies")


def test_networks_of_both_versions_are_read() -> None:
    found = of(trusted_proxies="10.0.0.0/8, ::1").networks("trusted_proxies")
    assert [str(network) for network in found] == ["10.0.0.0/8", "::1/128"]


def test_witnesses_are_reached_by_address_or_by_file() -> None:
    listed = [f"https://witness.example|{WITNESS}", f"|{WITNESS}"]
    assert of(witnesses=" ".join(listed)).witnesses("witnesses") == tuple(listed)


@pytest.mark.parametrize(
    "text",
    ["https://witness.example", WITNESS, f"ftp://witness.example|{WITNESS}", f"|{WITNESS[:-5]}", "|"],
    ids=["no-key", "no-bar", "not-http", "cut-key", "nothing"],  # the key is new in each process that collects
)
def test_a_witness_that_could_never_be_believed_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="witnesses"):
        of(witnesses=text).witnesses("witnesses")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "lab.example"),
        ("url", "http://lab.example"),
        ("demo", "yes"),
        ("checkpoint_seconds", "0"),
        ("checkpoint_seconds", "ten"),
        ("public_checkpoint_seconds", "604801"),
        ("database", "mysql://here/lab"),
        ("database", "sqlite:///"),
        ("trusted_proxies", "everybody"),
        ("witnesses", "everybody"),
        ("mail_host", "mail.vendor.example"),  # and nothing else
    ],
)
def test_a_lab_does_not_start_on_what_it_does_not_understand(tmp_path: Path, name: str, value: str) -> None:
    environment = {**os.environ, "GLASSHOUSE_HOME": str(tmp_path), f"GLASSHOUSE_{name.upper()}": value}
    done = subprocess.run(
        [sys.executable, "-c", "import glasshouse.config.settings"],
        env=environment, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "SettingError" in done.stderr.splitlines()[-1]


MAIL = {"mail_host": "mail.vendor.example", "mail_from": "lab@vendor.example"}


def test_mail_is_off_until_a_server_is_named() -> None:
    assert of().mail() is None
    with pytest.raises(SettingError, match="mail_from, mail_user without mail_host"):
        of(mail_from="lab@vendor.example", mail_user="lab").mail()


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_a_mail_server_is_spoken_to_on_its_usual_port(security: str, port: int, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n", "utf-8")
    lab = of(**MAIL, mail_security=security, mail_user="lab")
    lab.variables["GLASSHOUSE_MAIL_PASSWORD_FILE"] = str(tmp_path / "password")
    found = lab.mail()
    assert found is not None
    assert (found.port, found.security, found.password) == (port, security, "secret")
    other = of(**MAIL, mail_port="2525").mail()
    assert other is not None
    assert (other.port, other.security) == (2525, "starttls")


@pytest.mark.parametrize(
    "changed",
    [
        {"mail_security": "ssl"},
        {"mail_security": "none"},
        {"mail_port": "0"},
        {"mail_port": "smtp"},
        {"mail_from": ""},
        {"mail_from": "The lab <lab@vendor.example>"},
        {"mail_host": "smtp://mail.vendor.example"},
        {"mail_user": "lab"},
        {"mail_password": "alone"},
        {"mail_authorities": "/nowhere/authorities.pem"},
    ],
)
def test_mail_that_could_not_go_as_it_is_meant_stops_the_start(changed: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="mail_"):
        of(**{**MAIL, **changed}).mail()


def test_scans_run_here_unless_a_whole_cluster_is_named(tmp_path: Path) -> None:
    assert of().cluster() is None
    whole = {
        "compute_scheduler": "tls://10.0.0.5:8786",
        "compute_host": "10.0.0.4",
        "compute_credentials": str(tmp_path),
    }
    found = of(**whole).cluster()
    assert found is not None
    assert (found.scheduler, found.host, found.credentials) == ("tls://10.0.0.5:8786", "10.0.0.4", tmp_path)
    for slip in ({"compute_host": ""}, {"compute_scheduler": "10.0.0.5"}, {"compute_credentials": "/no/such/folder"}):
        with pytest.raises(SettingError, match="compute_scheduler is tls://HOST:PORT"):
            of(**(whole | slip)).cluster()
