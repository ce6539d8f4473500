"""The Documents page as Streamlit runs it, without a browser and without models."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from ui_site import POLICY, Site
from xss_payloads import PAYLOADS

from app.ui import identity
from app.ui.documents import changes
from knowledge.catalog.documents import document_id

SCRIPT = """
from app.ui.documents import documents_page
from app.ui.page import begin
documents_page(begin())
"""
SALARIES = "# Salaries\n\nThe starting salary of an engineer is 54,000 euros.\n"
VIEWS = ("documents", "upload", "sources", "runs", "quarantine", "quality", "trial")


def opened(site: Site, monkeypatch: pytest.MonkeyPatch, name: str, **parameters: str) -> AppTest:
    token = site.token(name)
    monkeypatch.setattr(identity, "token", lambda: token)
    test = AppTest.from_string(SCRIPT, default_timeout=60)
    for key, value in parameters.items():
        test.query_params[key] = value
    return test.run()


def html(test: AppTest) -> str:
    assert not test.exception
    return "".join(element.proto.body for element in test.get("html") if "<style>" not in element.proto.body)


def pressed(test: AppTest, opens: str, key: str) -> None:
    """Press a button of an open dialog. The test runs the whole page each time, so what opens it is pressed as well."""
    test.button(key=opens).click()
    test.button(key=key).click().run()


def everything(test: AppTest) -> str:
    """All that is on the page, as far as it says something."""
    widgets = (*test.button, *test.selectbox, *test.multiselect, *test.checkbox, *test.text_input)
    told = [str((widget.label, getattr(widget, "options", ""))) for widget in widgets]
    plain = [element.value for kind in (test.markdown, test.caption, test.warning, test.error) for element in kind]
    return html(test) + "\n".join([*told, *plain])


@pytest.fixture
def operated(site: Site) -> Site:
    """Sam looks after documents and is in the group travel; two documents, one of them only for hr."""
    accounts = site.assistant.workspace.accounts
    accounts.set_role("sam", "operator")
    accounts.set_groups("sam", ["travel"])
    site.document("policies/travel.md", "Travel policy", POLICY, access=("travel",))
    site.document("hr/pay.md", "Salaries", SALARIES, access=("hr",))
    return site


def id_of(site: Site, path: str) -> str:
    return document_id(str(site.folder.parent / "documents"), path)


@pytest.mark.parametrize("role", ["employee", "analyst", "knowledge_manager"])
def test_nobody_else_sees_it(operated: Site, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    operated.assistant.workspace.accounts.set_role("lina", role)
    shown = opened(operated, monkeypatch, "lina", d=id_of(operated, "policies/travel.md"))
    assert "travel" not in everything(shown)
    assert "运维人员" in shown.warning[0].value


@pytest.mark.parametrize("name", ["sam", "lina"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_explains_itself_when_there_is_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, view: str, name: str
) -> None:
    site.assistant.workspace.accounts.set_role(name, "admin")
    shown = opened(site, monkeypatch, name, view=view)
    assert not shown.error
    assert 'class="plb-nothing"' in html(shown) or 'class="plb-lead' in html(shown)


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_tells_what_is_in_a_document_that_may_not_be_read(
    operated: Site, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    shown = everything(opened(operated, monkeypatch, "sam", view=view))
    assert "Salaries" not in shown
    assert "54,000" not in shown


def test_the_list_and_its_search(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = opened(operated, monkeypatch, "sam")
    assert "Travel policy" in html(shown)
    assert "hr/pay.md" in html(shown)
    assert "not for you to read" in html(shown)
    shown.text_input(key="plb-documents-search").set_value("salaries").run()
    assert "hr/pay.md" not in html(shown)
    assert "No document fits." in html(shown)
    shown.text_input(key="plb-documents-search").set_value("TRAVEL pol").run()
    assert "policies/travel.md" in html(shown)


def test_a_document_with_its_text_and_passages(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = html(opened(operated, monkeypatch, "sam", d=id_of(operated, "policies/travel.md")))
    assert "Employees book all business trips in Meridian." in shown
    assert "<th>Grade</th>" in shown
    assert "#2 · Travel policy · p. 2 · 40 tokens" in shown
    assert "No other document says nearly the same." in shown


def test_a_hidden_document_is_looked_after_unread(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = opened(operated, monkeypatch, "sam", d=id_of(operated, "hr/pay.md"))
    assert "You may not read this document" in html(shown)
    assert "hr/pay.md" in html(shown)
    assert {button.key for button in shown.button} >= {"plb-detail-remove"}
    assert "plb-detail-access" not in {button.key for button in shown.button}


def test_unknown_and_personal_documents_look_alike(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = id_of(operated, "hr/pay.md")
    operated.assistant.catalog.documents.set_access(document, ["user:lina"])
    personal = opened(operated, monkeypatch, "sam", d=document)
    unknown = opened(operated, monkeypatch, "sam", d="0" * 20)
    assert everything(personal) == everything(unknown)
    assert personal.warning[0].value == "This document is no longer there."
    assert "pay.md" not in everything(opened(operated, monkeypatch, "sam"))


def test_several_are_ticked_and_all_on_every_page(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        operated.document(f"many/{number:02}.md", f"Number {number}", f"# Number {number}\n")
    shown = opened(operated, monkeypatch, "sam")
    assert len(shown.checkbox) == 25
    shown.checkbox[0].check().run()
    assert "1 chosen" in shown.markdown[0].value
    shown.button(key="plb-documents-all").click().run()
    assert "32 chosen" in shown.markdown[0].value
    assert all(box.value for box in shown.checkbox)
    shown.button(key="plb-documents-nothing").click().run()
    assert "32 documents" in shown.markdown[0].value
    assert not any(box.value for box in shown.checkbox)


def test_readers_are_changed_in_a_dialog(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = id_of(operated, "policies/travel.md")
    shown = opened(operated, monkeypatch, "sam", d=document)
    shown.button(key="plb-detail-access").click().run()
    box = shown.multiselect(key="plb-access-labels")
    assert box.value == ["travel"]
    assert "hr" in box.options
    box.set_value([])
    pressed(shown, "plb-detail-access", "plb-access-save")
    assert operated.assistant.catalog.documents.get(document).access == frozenset()
    assert operated.assistant.documents.labels_by_hand(document, operated.user("sam")) == frozenset()


def test_removing_asks_once_more(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = id_of(operated, "hr/pay.md")
    shown = opened(operated, monkeypatch, "sam", d=document)
    shown.button(key="plb-detail-remove").click().run()
    assert operated.assistant.catalog.documents.get(document) is not None
    pressed(shown, "plb-detail-remove", "plb-remove-yes")
    assert operated.assistant.catalog.documents.get(document) is None
    assert [each.path for each in operated.assistant.documents.left_out("cli:test")] == ["hr/pay.md"]


def test_the_quarantine_with_reasons(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantine = operated.assistant.catalog.quarantine
    quarantine.put("a/<b>.pdf", "no PDF, or a damaged one", source_root="/s", access=frozenset({"hr"}))
    quarantine.put("mine.pdf", "the file is empty", source_root="/u", access=frozenset({"user:lina"}))
    shown = opened(operated, monkeypatch, "sam", view="quarantine")
    assert "a/&lt;b&gt;.pdf" in html(shown)
    assert "The file is damaged; replace it with a good copy. (no PDF, or a damaged one)" in html(shown)
    assert "mine.pdf" not in everything(shown)
    shown.checkbox[0].check().run()
    shown.button(key="plb-quarantine-ignore").click().run()
    assert [entry.path for entry in quarantine.list()] == ["mine.pdf"]
    for number in range(3):
        quarantine.put(f"{number}.pdf", "the file is empty", source_root="/s", access=frozenset())
    shown.run()
    shown.button(key="plb-quarantine-all").click().run()
    shown.button(key="plb-quarantine-nothing").click().run()
    assert not any(box.value for box in shown.checkbox)
    shown.button(key="plb-quarantine-all").click().run()
    shown.button(key="plb-quarantine-ignore").click().run()
    assert [entry.path for entry in quarantine.list()] == ["mine.pdf"]
    assert "4 files are left out" in "".join(box.label for box in shown.expander)


def test_a_source_is_added_changed_and_removed(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = operated.folder.parent / "drive"
    folder.mkdir()
    shown = opened(operated, monkeypatch, "sam", view="sources")
    shown.button(key="plb-source-add").click().run()
    shown.text_input(key="plb-source-folder-location").set_value(str(folder / "missing"))
    pressed(shown, "plb-source-add", "plb-source-save")
    assert "no such folder" in shown.error[0].value
    (folder / "plan.md").write_text("# Plan\n", encoding="utf-8")
    shown.text_input(key="plb-source-folder-location").set_value(str(folder))
    pressed(shown, "plb-source-add", "plb-source-test")
    assert "1 items are there" in shown.success[0].value
    assert "plan.md" in html(shown)
    assert not operated.assistant.sources.list()
    shown.text_input(key="plb-source-folder-location").set_value(str(folder))
    pressed(shown, "plb-source-add", "plb-source-save")
    (source,) = operated.assistant.sources.list()
    assert (source.kind, source.location, source.created_by) == ("folder", str(folder), "sam")
    shown = opened(operated, monkeypatch, "sam", view="sources", source=source.id)
    shown.button(key="plb-schedule-save").click().run()
    (schedule,) = operated.assistant.schedules.list()
    assert "every 6 h" in html(shown)
    shown.button(key=f"plb-schedule-away-{schedule.id}").click().run()
    assert operated.assistant.schedules.list() == []
    shown.button(key="plb-source-remove").click().run()
    pressed(shown, "plb-source-remove", "plb-source-remove-yes")
    assert operated.assistant.sources.list() == []


def test_readers_of_a_folder_are_set_and_told(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assistant = operated.assistant
    source = assistant.sources.add(str(operated.folder.parent / "documents"), name="drive", access=["hr"])
    (operated.folder.parent / "documents" / "access.yaml").write_text("policies: [travel]\n", encoding="utf-8")
    here = {"view": "sources", "source": source.id}
    shown = opened(operated, monkeypatch, "sam", **here)
    assert "from the source&#x27;s own rules" in html(shown)
    shown.button(key="plb-rule-add").click().run()
    assert shown.selectbox(key="plb-rule-path").options == ["hr", "policies", "hr/pay.md", "policies/travel.md"]
    shown.selectbox(key="plb-rule-path").set_value("policies")
    shown.button(key="plb-rule-add").click().run()
    shown.multiselect(key="plb-rule-labels").set_value(["sales", "travel"])
    pressed(shown, "plb-rule-add", "plb-rule-save")
    travel = id_of(operated, "policies/travel.md")
    document = assistant.catalog.documents.get(travel)
    assert document is not None
    assert document.access == {"sales", "travel"}
    (entry,) = assistant.workspace.audit.list(action="source.rule")
    assert (entry.actor, entry.detail["path"], entry.detail["after"]) == ("sam", "policies", ["sales", "travel"])
    assert "by the rule for “policies” in the source “drive”" in html(opened(operated, monkeypatch, "sam", d=travel))

    shown = opened(operated, monkeypatch, "sam", **here)
    shown.button(key="plb-rule-away-policies").click().run()
    assert not shown.exception
    document = assistant.catalog.documents.get(travel)
    assert document is not None
    assert document.access == {"travel"}
    (operated.folder.parent / "documents" / "access.yaml").write_text("policies: travel: x\n", encoding="utf-8")
    assert "cannot be read as YAML" in html(opened(operated, monkeypatch, "sam", d=travel))
    broken = opened(operated, monkeypatch, "sam", **here)
    assert "cannot be read as YAML" in broken.error[0].value


def test_stored_text_is_shown_and_never_run(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, payload in enumerate(PAYLOADS):
        operated.document(f"x/{number}.md", payload, f"{payload}\n\nsecond {payload}")
    for parameters in ({}, {"d": id_of(operated, "x/0.md")}, {"view": "quality"}):
        shown = html(opened(operated, monkeypatch, "sam", **parameters))
        assert "<script" not in shown
        assert "<img" not in shown
        assert "onerror=" not in shown.replace("&lt;img src=x onerror=", "")


def test_known_labels_are_no_personal_ones(operated: Site) -> None:
    operated.assistant.catalog.documents.set_access(id_of(operated, "hr/pay.md"), ["user:lina"])

    class Looking:
        shared = operated.shared
        user = operated.user("sam")

    assert changes.known_labels(Looking()) == ["finance", "travel"]  # type: ignore[arg-type]
