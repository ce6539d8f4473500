"""The policy page as Streamlit runs it, without a browser and without models."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui_site import PASSWORD, Site

from app.ui import identity
from app.ui.policies import Policies
from app.ui.policy import LOOK
from app.ui.policy_form import GROUPS
from ingest.desensitize import Action
from ingest.desensitize.entities import ENTITIES
from knowledge.types import Role

SCRIPT = str(Path(__file__).parents[3] / "streamlit_app.py")


def alone() -> None:
    from app.ui.chat import chat  # noqa: F401 - AppTest runs this function's source by itself
    from app.ui.page import begin
    from app.ui.policy import policy_page

    policy_page(begin(), None)


def open_page(monkeypatch: pytest.MonkeyPatch, site: Site, name: str) -> AppTest:
    token = site.token(name)
    monkeypatch.setattr(identity, "token", lambda: token)
    return AppTest.from_function(alone, default_timeout=60).run()


@pytest.fixture
def operator(site: Site) -> Site:
    site.assistant.workspace.accounts.add("olga", PASSWORD, role=Role.OPERATOR, language="en")
    return site


def html(test: AppTest) -> str:
    return "".join(element.proto.body for element in test.get("html"))


def choice(test: AppTest, label: str):
    return next(each for each in test.selectbox if each.label == label)


def press(test: AppTest, label: str) -> AppTest:
    return next(each for each in test.button if each.label == label).click().run()


def test_every_kind_has_its_place_in_the_form() -> None:
    assert sorted(kind for kinds in GROUPS.values() for kind in kinds) == sorted(ENTITIES)


def test_others_get_nothing_by_the_menu_or_the_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    token = site.token("sam")
    monkeypatch.setattr(identity, "token", lambda: token)
    menu = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert "Policy" not in [each.proto.label for each in menu.sidebar.get("page_link")]
    shown = open_page(monkeypatch, site, "sam")
    assert [each.value for each in shown.error] == ["You may not do this."]
    assert not shown.selectbox


def test_a_setting_is_tried_saved_and_in_force(operator: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = open_page(monkeypatch, operator, "olga")
    assert not shown.exception
    choice(shown, "Phone number").select(Action.MASK).run()
    assert "138*******678" in html(shown)
    assert "1 changed, 0 documents" in html(shown)
    press(shown, "Save the policy")
    assert [each.value for each in shown.success] != []
    workspace = operator.assistant.workspace
    assert (operator.folder / "policy.yaml").is_file()
    assert workspace.desensitizer.desensitize("电话13812345678")[0] == "电话13*******78"
    entry = next(iter(workspace.audit.list(action="desensitize.policy")))
    assert (entry.actor, entry.detail) == ("olga", {"changed": ["entities.PHONE_NUMBER: pseudonym -> mask"]})


def test_of_two_editors_the_second_is_told(operator: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = open_page(monkeypatch, operator, "olga")
    choice(shown, "Phone number").select(Action.TAG).run()
    policies, user = Policies(operator.assistant.workspace), operator.user("olga")
    stored = policies.read()
    policies.save(stored.policy.model_copy(update={"keep_domains": ("example.org",)}), stored.version, user)
    press(shown, "Save the policy")
    assert "Somebody else" in shown.warning[0].value
    assert policies.read().policy.action("PHONE_NUMBER") is Action.PSEUDONYM
    press(shown, "Discard")
    choice(shown, "Phone number").select(Action.TAG).run()
    press(shown, "Save the policy")
    assert policies.read().policy.action("PHONE_NUMBER") is Action.TAG
    assert policies.read().policy.keep_domains == ("example.org",)


def test_an_exception_for_a_label(operator: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    operator.document("hr/a.md", "A", "text", access=("hr",))
    operator.document("b.md", "B", "text")
    shown = open_page(monkeypatch, operator, "olga")
    press(shown, "Add exception")
    assert "without either" in shown.warning[0].value
    shown.multiselect[0].select("hr").run()
    choice(shown, "Person").select(Action.KEEP).run()
    assert "Zhang Wei" in html(shown)
    assert "1 changed, 1 documents" in html(shown)
    press(shown, "Save the policy")
    override = Policies(operator.assistant.workspace).read().policy.overrides[0]
    assert (override.labels, override.entities) == (("hr",), {"PERSON": Action.KEEP})


def test_looks_into_the_vault_are_listed(operator: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = operator.assistant.workspace.audit
    audit.append("vault.reveal", "boss", {"reason": "case <7>"}, subject="⟨PHONE·k3f9a2⟩")
    shown = open_page(monkeypatch, operator, "olga")
    shown.segmented_control(key="plb-policy-section").set_value("vault").run()
    assert "case &lt;7&gt;" in html(shown)
    assert "⟨PHONE·k3f9a2⟩" in html(shown)


def test_an_exception_for_a_folder(operator: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    operator.document("mail/a.md", "A", "text")
    operator.document("b.md", "B", "text")
    shown = open_page(monkeypatch, operator, "olga")
    press(shown, "Add exception")
    folders = next(each for each in shown.text_area if each.label.startswith("Folders"))
    folders.set_value("mail").run()
    choice(shown, "Phone number").select(Action.REMOVE).run()
    assert "1 changed, 1 documents" in html(shown)
    press(shown, "Save the policy")
    override = Policies(operator.assistant.workspace).read().policy.overrides[0]
    assert (override.sources, override.entities) == (("mail",), {"PHONE_NUMBER": Action.REMOVE})


def test_files_are_checked_with_masked_examples(
    operator: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "new.md").write_text("# New\n\n电话 13857126648\n", encoding="utf-8")
    shown = open_page(monkeypatch, operator, "olga")
    shown.segmented_control(key="plb-policy-section").set_value("check").run()
    next(each for each in shown.text_input if each.label.startswith("Folder or file")).set_value(str(tmp_path)).run()
    press(shown, "Check")
    (job,) = operator.shared.jobs.of("olga", LOOK)
    while not job.finished:  # the time limit of the test holds
        time.sleep(0.05)
    shown.run()
    assert "1 documents read, 1 values found" in html(shown)
    assert "new.md" in html(shown)
    assert "13*******48" in html(shown)
    assert "13857126648" not in html(shown)
    assert operator.assistant.catalog.documents.list() == []


def test_what_runs_took_out_is_counted_by_day_and_kind(operator: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = operator.assistant.catalog.runs
    for count in (2, 3):
        runs.finish(runs.start("ingest"), {"desensitized": {"PHONE_NUMBER": count, "EMAIL_ADDRESS": 1}})
    shown = open_page(monkeypatch, operator, "olga")
    shown.segmented_control(key="plb-policy-section").set_value("counts").run()
    assert not shown.exception
    assert len(shown.get("vega_lite_chart")) == 1
    assert "<td>Phone number</td><td>5</td>" in html(shown)
    assert "<td>E-mail address</td><td>2</td>" in html(shown)
