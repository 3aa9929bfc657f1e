# SPDX-License-Identifier: Apache-2.0
"""Letters to a real server on loopback: taken, put off, refused; in the open, encrypted, with a password."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.mail import Letter, LetterRefusedError, Mailer, MailServer, MailServerError, Security
from glasshouse.engines.mail.values import check_address, on_the_wire
from glasshouse.kernel.errors import InvalidError
from tests.engines.mail.post_office import SENDER, PostOffice, check_password, opened

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ADA = "ada@tester.example"
LETTER = Letter("abc.1", ADA, "Something waits", "A decision waits for you.\n.\nQUIT\n", NOW)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder, key = tmp_path_factory.mktemp("office"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "office")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def send(server: MailServer, *letters: Letter) -> None:
    with Mailer(server) as mailer:
        for letter in letters:
            mailer.send(letter)


def test_a_letter_arrives_as_it_was_written() -> None:
    with opened(office := PostOffice()) as server:
        send(server, LETTER)
    [message] = office.to(ADA)
    assert {key: value for key, value in message.items() if key in {"From", "To", "Subject", "Message-ID"}} == {
        "From": SENDER,
        "To": ADA,
        "Subject": "Something waits",
        "Message-ID": "<abc.1@vendor.example>",
    }
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert str(message.get_payload()).replace("\r\n", "\n") == LETTER.text


@pytest.mark.parametrize("answer", ["450 later", "452 full", "550 nobody", "553 no"])
def test_an_answer_to_one_letter_holds_up_no_other(answer: str) -> None:
    with opened(office := PostOffice({ADA: answer})) as server, Mailer(server) as mailer:
        with pytest.raises(LetterRefusedError) as refused:
            mailer.send(LETTER)
        mailer.send(replace(LETTER, to="mo@vendor.example"))
    assert (refused.value.answer, refused.value.is_final) == (int(answer[:3]), answer.startswith("5"))
    assert len(office.to("mo@vendor.example")) == 1


@pytest.mark.parametrize(("answer", "is_final"), [("451 later", False), ("554 not this", True)])
def test_a_text_that_is_not_taken_is_of_its_letter_alone(answer: str, *, is_final: bool) -> None:
    with opened(office := PostOffice(data_answer=answer)) as server, Mailer(server) as mailer:
        with pytest.raises(LetterRefusedError) as refused:
            mailer.send(LETTER)
        office.data_answer = "250 taken"
        mailer.send(LETTER)
    assert (refused.value.is_final, len(office.to(ADA))) == (is_final, 1)


def test_a_server_that_takes_no_sender_is_no_matter_of_the_letter() -> None:
    with opened(PostOffice(sender_answer="550 not you")) as server, pytest.raises(MailServerError, match="550"):
        send(server, LETTER)


def test_a_server_that_is_down_says_so_and_names_nobody() -> None:
    with opened(PostOffice()) as server:
        pass
    with pytest.raises(MailServerError, match="takes no mail") as fault:
        send(server, LETTER)
    assert "ada" not in str(fault.value)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_an_encrypted_way_with_a_certificate_that_holds(security: Security, keys: tuple[Path, Path]) -> None:
    office = PostOffice()
    with opened(office, security=security, keys=keys, authenticator=check_password) as server:
        send(replace(server, user="lab", password="opens the office"), LETTER)
        with pytest.raises(MailServerError, match="535"):
            send(replace(server, user="lab", password="wrong"), LETTER)
        with pytest.raises(MailServerError, match="SSLCertVerificationError"):
            send(replace(server, authorities=None), LETTER)
        with pytest.raises(MailServerError, match="SSLCertVerificationError"):
            send(replace(server, host="localhost"), LETTER)
    assert len(office.to(ADA)) == 1


def test_a_server_without_encryption_is_told_nothing_where_it_is_asked_for() -> None:
    with opened(office := PostOffice()) as server:
        for security in (Security.STARTTLS, Security.TLS):
            with pytest.raises(MailServerError):
                send(replace(server, security=security), LETTER)
    assert office.came == []


@pytest.mark.parametrize(
    "address", [f"{ADA}\r\nBcc: all@vendor.example", f"{ADA}>", "ada", "Ada <ada@tester.example>", ""]
)
def test_an_address_brings_neither_header_nor_command(address: str) -> None:
    with opened(office := PostOffice()) as server, Mailer(server) as mailer:
        with pytest.raises(LetterRefusedError) as refused:
            mailer.send(replace(LETTER, to=address))
        mailer.send(LETTER)
    assert refused.value.is_final
    assert len(office.came) == 1


def test_an_address_that_is_not_ascii_goes_to_a_server_that_offers_it() -> None:
    to = "zo\u00eb.\u7530\u4e2d@m\u00fcnchen.example"
    with opened(office := PostOffice(), enable_SMTPUTF8=True) as server, Mailer(server) as mailer:
        assert mailer.takes_utf8()
        mailer.send(replace(LETTER, to=to))
        mailer.send(LETTER)
    [(recipients, message), (plain, _)] = office.came
    assert recipients == ["zo\u00eb.\u7530\u4e2d@xn--mnchen-3ya.example"]
    assert message.get_payload() == office.came[1][1].get_payload()
    assert plain == [ADA]


def test_an_address_that_is_not_ascii_is_refused_for_good_by_a_server_that_does_not() -> None:
    with opened(office := PostOffice(), enable_SMTPUTF8=False) as server, Mailer(server) as mailer:
        assert not mailer.takes_utf8()
        with pytest.raises(LetterRefusedError) as refused:
            mailer.send(replace(LETTER, to="zo\u00eb@tester.example"))
        assert refused.value.is_final
        mailer.send(replace(LETTER, to="ada@m\u00fcnchen.example"))
    assert [recipients for recipients, _ in office.came] == [["ada@xn--mnchen-3ya.example"]], "a domain needs nothing"


@pytest.mark.parametrize(
    "address",
    [
        "zoe\u0308@tester.example",  # not composed
        "zo\u200be@tester.example",  # a character that does not show
        "zo\u202ee@tester.example",
        "zo\u00a0e@tester.example",
        "\u00eb" * 33 + "@tester.example",
        "ada@stra\u00dfe.example",  # comes back as another's
        "ada@\u2764\u200d.example",
        "ada@" + "\u00fc" * 80 + ".example",
        "\u00eb",
        "@tester.example",
    ],
)
def test_an_address_of_more_than_one_reading_is_none(address: str) -> None:
    with pytest.raises(InvalidError):
        on_the_wire(address)


@given(st.text())
def test_what_passes_as_an_address_is_one_word(text: str) -> None:
    for candidate in (text, f"a{text}@b.example", f"a@b{text}"):
        try:
            check_address(candidate)
        except InvalidError:
            continue
        assert candidate.isascii()
        assert candidate.count("@") == 1
        assert not set(candidate) & set(' \t\r\n<>,;:"\0')
        assert on_the_wire(candidate).lower() == candidate.lower()


@given(st.text())
def test_what_goes_on_the_wire_is_one_word(text: str) -> None:
    for candidate in (f"a{text}@b.example", f"a@b{text}", f"a@{text}.example"):
        try:
            told = on_the_wire(candidate)
        except InvalidError:
            continue
        assert told.count("@") == 1
        assert not any(char.isspace() or char in '<>,;:"\0' or not char.isprintable() for char in told)


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "mail.vendor.example", "security": Security.NONE},
        {"host": "10.0.0.7", "security": Security.NONE},
        {"host": "mail.vendor.example\r\nx"},
        {"host": ""},
        {"sender": "lab"},
        {"sender": "lab@vendor.example\nBcc: a@b.example"},
        {"user": "lab"},
        {"password": "alone"},
    ],
)
def test_a_server_that_could_not_be_meant_is_refused(changed: dict[str, str]) -> None:
    right = MailServer("mail.vendor.example", 587, Security.STARTTLS, SENDER)
    with pytest.raises(InvalidError):
        replace(right, **changed)  # type: ignore[arg-type] # fields of many types


def test_a_password_is_in_no_text_of_the_server() -> None:
    assert "secret" not in repr(MailServer("m.example", 587, Security.TLS, SENDER, "lab", "secret"))
