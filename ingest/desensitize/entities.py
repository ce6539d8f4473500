"""The kinds of data that are recognized, with the word that stands for each in a placeholder."""

from __future__ import annotations

ENTITIES: dict[str, str] = {
    "CN_ID_CARD": "ID",
    "CN_USCC": "USCC",
    "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "CARD",
    "EMAIL_ADDRESS": "EMAIL",
    "PASSPORT": "PASSPORT",
    "LICENSE_PLATE": "PLATE",
    "IP_ADDRESS": "IP",
    "MAC_ADDRESS": "MAC",
    "US_SSN": "SSN",
    "IBAN_CODE": "IBAN",
    "API_KEY": "KEY",
    "JWT": "TOKEN",
    "PRIVATE_KEY": "PRIVATE_KEY",
    "PASSWORD": "PASSWORD",
    "PERSON": "PERSON",
    "NATIONAL_ID": "NATIONAL_ID",
    "SOCIAL_ACCOUNT": "ACCOUNT",
    "BIRTH_DATE": "BORN",
    "ADDRESS": "ADDRESS",
}
"""Entity type to placeholder word. The words are short and the same in every language, because the same value must be
the same placeholder in a Chinese and in an English document."""
