import pytest
from ui_site import POLICY, Site

from app.ui.source import find_quote, source
from app.ui.texts import words

TABLE = "| Grade | Hotel |\n|---|---|\n| Staff | 600 |\n| Manager | 800 |"


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("Trips are booked\nin Meridian. Always.", "Trips are booked in Meridian.", ["Trips are booked\nin Meridian."]),
        ("a (b) c", "(b)", ["(b)"]),
        (TABLE, "| Grade | Hotel |\n| Manager | 800 |", ["| Grade | Hotel |", "| Manager | 800 |"]),
        ("nothing here", "something else", []),
        ("nothing here", "", []),
    ],
)  # fmt: skip
def test_quotes_are_found_whatever_the_line_breaks(text: str, quote: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in find_quote(text, quote)] == found


def test_the_quote_is_highlighted_where_it_stands(site: Site) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    shown = source(site.assistant, site.citation(document), site.user("sam"), words("en"))
    assert "<mark>Employees book all business trips in Meridian.</mark> Economy class is the rule." in shown
    assert f'href="/source/{document}/original"' in shown
    assert "policies/travel.md" in shown


def test_a_hidden_document_looks_like_a_missing_one(site: Site) -> None:
    document = site.document("finance/plan.md", "Plan", POLICY, access=("finance",))
    citation = site.citation(document)
    assert "Employees" in source(site.assistant, citation, site.user("lina"), words("en"))
    hidden = source(site.assistant, citation, site.user("sam"), words("en"))
    site.assistant.catalog.documents.remove([document])
    assert source(site.assistant, citation, site.user("lina"), words("en")) == hidden
    assert "Employees" not in hidden


def test_without_its_file_a_document_is_still_shown(site: Site) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    (site.folder.parent / "documents/policies/travel.md").unlink()
    shown = source(site.assistant, site.citation(document), site.user("sam"), words("en"))
    assert words("en")("source.no_original") in shown.replace("&#x27;", "'")
    assert "href" not in shown
