"""Our recognizers for Presidio, one small idea per file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.desensitize.recognizers.base import Recognizer

RECOGNIZERS = (
    "private_key.PrivateKey",
    "jwt.JsonWebToken",
    "api_key.ApiKey",
    "password.Password",
    "email_address.EmailAddress",
    "cn_id_card.ChineseIdCard",
    "cn_uscc.SocialCreditCode",
    "bank_card.BankCard",
    "iban.Iban",
    "us_ssn.SocialSecurityNumber",
    "phone.Phone",
    "passport.Passport",
    "license_plate.LicensePlate",
    "ip_address.IpAddress",
    "mac_address.MacAddress",
    "national_id.NationalId",
    "social_account.SocialAccount",
    "birth_date.BirthDate",
    "address.Address",
    "person.Person",
)
"""Module and class of each recognizer in this package."""


def all_recognizers() -> list[Recognizer]:
    """One of each."""
    found: list[Recognizer] = []
    for name in RECOGNIZERS:
        module, _, kind = name.partition(".")
        found.append(getattr(import_module(f"{__name__}.{module}"), kind)())
    return found
