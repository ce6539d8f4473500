"""Access rules by folder."""

import pytest

from ingest.access import load_access
from knowledge.errors import InvalidInput


def rules(tmp_path, text):
    path = tmp_path / "access.yaml"
    path.write_text(text, encoding="utf-8")
    return load_access(path)


def test_longest_prefix_of_whole_components_wins(tmp_path):
    found = rules(tmp_path, "hr: [hr]\nhr/public: []\n./finance/: [finance, audit]\nhr/plan.md: board\n")
    assert found.labels("hr/pay.csv") == {"hr"}
    assert found.labels("hr/public/hours.md") == set()
    assert found.labels("hr/plan.md") == {"board"}
    assert found.labels("hr-news/a.md") == set()
    assert found.labels("finance/q3/report.pdf") == {"finance", "audit"}


def test_root_rule(tmp_path):
    assert rules(tmp_path, '".": [staff]').labels("any/thing.md") == {"staff"}


@pytest.mark.parametrize(
    "text",
    [
        'hr: ["a,b"]',
        'hr: ["*"]',
        'hr: ["a%"]',
        "hr: ['\"x\"']",
        "hr: 5",
        "- hr",
        "hr: [[x]]",
        "hr/*: [x]",
        "../up: [x]",
        "1: [x]",
        "a: [",
    ],
)
def test_unusable_rules_are_refused(tmp_path, text):
    with pytest.raises(InvalidInput):
        rules(tmp_path, text)


def test_missing_file(tmp_path):
    with pytest.raises(InvalidInput, match="no such access file"):
        load_access(tmp_path / "none.yaml")
