"""The pages as Streamlit runs them, without a browser and without models."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui_site import POLICY, Site

from app.trace import Trace, TracedMessage, TracedPassage
from app.ui import identity

SCRIPT = str(Path(__file__).parents[3] / "streamlit_app.py")


def page(monkeypatch: pytest.MonkeyPatch, token: str | None, **parameters: str) -> AppTest:
    monkeypatch.setattr(identity, "token", lambda: token)
    test = AppTest.from_file(SCRIPT, default_timeout=30)
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()


def html(test: AppTest) -> str:
    return "".join(element.proto.body for element in test.get("html"))


def test_nobody_sees_anything(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(monkeypatch, None)
    assert not shown.exception
    assert not shown.chat_input
    assert not shown.button


def test_each_user_is_greeted_in_the_own_language(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "What would you like to know, Sam Carter?" in html(page(monkeypatch, site.token("sam")))
    assert "李娜，想了解什么？" in html(page(monkeypatch, site.token("lina")))


def test_a_stored_answer_is_shown_with_everything(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, message = site.answered("sam", (site.citation(document),))
    shown = html(page(monkeypatch, site.token("sam"), c=conversation))
    assert '<strong><span class="plb-edit plb-tip"' in shown
    assert f'data-plb="cite" data-message="{message}" data-number="1"' in shown
    assert "“TripDesk” is an old name of “Meridian”." in shown
    assert 'class="plb-badge plb-corrected' in shown
    assert "plb-doubt" in shown
    assert "m · openvino · 4.1 s" in shown


def test_an_undone_edit_stays_undone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, message = site.answered("sam", (site.citation(document),))
    site.assistant.workspace.conversations.set_undone(message, 0, True, user=site.user("sam"))
    shown = html(page(monkeypatch, site.token("sam"), c=conversation))
    assert "plb-undone" in shown
    assert 'data-plb="redo"' in shown
    assert 'class="plb-badge plb-held' in shown


def test_a_deleted_document_takes_its_answers_along(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, _ = site.answered("sam", (site.citation(document),))
    site.assistant.catalog.documents.remove([document])
    shown = html(page(monkeypatch, site.token("sam"), c=conversation))
    assert "This answer is no longer shown" in shown
    assert "Meridian" not in shown
    assert "Travel policy" not in shown


def test_a_document_that_may_no_longer_be_seen_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = site.document("finance/plan.md", "Plan", POLICY, access=("finance",))
    conversation, _ = site.answered("lina", (site.citation(document),))
    assert "Meridian" in html(page(monkeypatch, site.token("lina"), c=conversation))
    site.assistant.workspace.accounts.set_groups("lina", [])
    assert "Meridian" not in html(page(monkeypatch, site.token("lina"), c=conversation))


def test_conversations_of_others_do_not_exist(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, _ = site.answered("lina", (site.citation(document),))
    other = page(monkeypatch, site.token("sam"), c=conversation)
    missing = page(monkeypatch, site.token("sam"), c="no-such")
    assert [each.value for each in other.warning] == [each.value for each in missing.warning]
    assert html(other) == html(missing)
    assert "Meridian" not in html(other)


def test_another_user_starts_from_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(monkeypatch, site.token("sam"))
    shown.session_state["plb-source"] = ("m", 1)
    monkeypatch.setattr(identity, "token", lambda: site.token("lina"))
    shown.run()
    assert "plb-source" not in shown.session_state


def test_a_session_that_ended_shows_nothing_on_the_next_click(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    token = site.token("sam")
    shown = page(monkeypatch, token)
    assert shown.chat_input
    site.assistant.workspace.accounts.disable("sam")
    shown.run()
    assert not shown.chat_input


def test_thumbs_are_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, message = site.answered("sam", (site.citation(document),))
    shown = page(monkeypatch, site.token("sam"), c=conversation)
    shown.feedback(key=f"vote-{message}").set_value(0).run()
    assert site.assistant.workspace.conversations.message(message, site.user("sam")).vote == "down"


def test_conversations_are_listed_and_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = site.assistant.workspace.conversations
    for title in ("Travel limits", "Meeting *rooms*"):
        stored.create(site.user("sam"), title)
    shown = page(monkeypatch, site.token("sam"))
    listed = [button.label for button in shown.sidebar.button if (button.key or "").startswith("open-")]
    assert sorted(listed) == ["Meeting \\*rooms\\*", "Travel limits"]
    shown.sidebar.text_input(key="plb-search-text").set_value("travel").run()
    assert [b.label for b in shown.sidebar.button if (b.key or "").startswith("open-")] == ["Travel limits"]


def test_no_page_caches_what_depends_on_the_user() -> None:
    for file in (Path(SCRIPT), *(Path(SCRIPT).parent / "app/ui").glob("*.py")):
        assert "cache_data" not in file.read_text(encoding="utf-8"), file


TRACE = Trace(
    prompt=(TracedMessage(role="user", text="[1] <b>Employees</b> book in Meridian."),),
    passages=(TracedPassage(marker=1, score=0.6123, relevance=0.5), TracedPassage(marker=2, score=0.1)),
    scope=("policies",),
)


def test_two_versions_can_be_switched(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    stored, user = site.assistant.workspace.conversations, site.user("sam")
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, first = site.answered("sam", (site.citation(document),))
    _, second = site.answered("sam", (), conversation=conversation, instead_of=first, question="Otherwise asked?")
    shown = html(page(monkeypatch, site.token("sam"), c=conversation))
    assert "Otherwise asked?" in shown
    assert "How do I book a trip?" not in shown
    assert "2/2" in shown
    assert f'data-plb="version" data-message="{first}"' in shown
    stored.choose(first, user)
    shown = html(page(monkeypatch, site.token("sam"), c=conversation))
    assert "How do I book a trip?" in shown
    assert f'data-plb="version" data-message="{second}"' in shown


def test_a_question_is_edited_in_its_place(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation, message = site.answered("sam", ())
    shown = page(monkeypatch, site.token("sam"), c=conversation)
    assert f'data-plb="edit" data-message="{message}"' in html(shown)
    shown.session_state["plb-editing"] = message
    shown.run()
    assert shown.text_area[0].value == "How do I book a trip?"
    next(button for button in shown.button if button.label == "Cancel").click().run()
    assert not shown.text_area
    assert "How do I book a trip?" in html(shown)


@pytest.mark.parametrize(
    ("role", "exact"), [("employee", False), ("analyst", False), ("operator", True), ("admin", True)]
)
def test_exact_scores_are_for_those_who_run_plumbline(
    site: Site, monkeypatch: pytest.MonkeyPatch, role: str, exact: bool
) -> None:
    site.assistant.workspace.accounts.set_role("sam", role)
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, _ = site.answered("sam", (site.citation(document),), trace=TRACE)
    shown = html(page(monkeypatch, site.token("sam"), c=conversation))
    assert "very near" in shown
    assert ("0.61" in shown) is exact
    assert "&lt;b&gt;Employees&lt;/b&gt; book in Meridian." in shown
    assert "Only in: policies" in shown


def test_the_prompt_goes_when_the_answer_goes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = site.document("policies/travel.md", "Travel policy", POLICY)
    conversation, _ = site.answered("sam", (site.citation(document),), trace=TRACE)
    site.assistant.catalog.documents.remove([document])
    assert "Employees" not in html(page(monkeypatch, site.token("sam"), c=conversation))


def test_an_attached_file_is_named_and_cannot_be_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    citation = site.citation("attached:1", title="Contract", path="contract.md", quote="Payment is due in 45 days.")
    conversation, message = site.answered("sam", (citation,), attached="contract.md")
    shown = page(monkeypatch, site.token("sam"), c=conversation)
    assert "Attached: contract.md" in html(shown)
    assert "Contract · attached file" in html(shown)
    assert shown.button(key=f"redo-{message}").disabled
    shown.session_state["plb-source"] = (message, 1)
    shown.run()
    assert "was not kept" in html(shown)
    assert "<mark>Payment is due in 45 days.</mark>" in html(shown)


def test_where_to_look_is_chosen_among_what_one_may_see(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.document("policies/travel.md", "Travel policy", POLICY)
    site.document("finance/plan.md", "Secret plan", POLICY, access=("finance",))
    shown = page(monkeypatch, site.token("sam"))
    shown.button(key="plb-scope-open").click().run()
    options = "".join(shown.multiselect[0].options)
    assert "Folder policies (1)" in options
    assert "Travel policy — policies/travel.md" in options
    assert "plan" not in options
    assert "finance" not in options


def test_a_chosen_place_is_shown_and_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = site.document("finance/plan.md", "Secret plan", POLICY, access=("finance",))
    shown = page(monkeypatch, site.token("sam"))
    shown.session_state["plb-scope"] = ["policies", hidden]
    shown.run()
    assert shown.button(key="plb-scope-open").label == "Only in “policies” and 1 more"
    shown.session_state["plb-scope"] = [hidden]
    shown.run()
    assert shown.button(key="plb-scope-open").label == "Only in “a document that is no longer visible”"
    shown.button(key="plb-scope-clear").click().run()
    assert shown.button(key="plb-scope-open").label == "Searching all documents"
