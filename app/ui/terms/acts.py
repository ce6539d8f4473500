"""What can be done with a whole concept: out of use, back into use, merged, split, deleted. Each ends as a proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import element
from app.ui.page import Page, friendly, literal, show
from app.ui.terms import marks
from app.ui.terms.common import choose_several, name_line, pick, propose, terms_of
from app.ui.terms.lines import column_of
from knowledge.graph.changes import ConceptForm, Delete, Deprecate, LabelForm, Merge, Reinstate, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.terms.views import ConceptView

_MOST_PARTS = 5


def menu(page: Page, view: ConceptView) -> None:
    """The menu beside a concept's name; what is chosen opens in a dialog."""
    import streamlit as st

    say = page.say
    dialogs: Mapping[str, Callable[[Page, ConceptView, str], None]] = {
        "merge": _merge,
        "split": _split,
        **({"reinstate": _reinstate} if view.deprecated else {"deprecate": _deprecate}),
        "delete": _delete,
    }
    chosen = st.menu_button(
        ":material/more_horiz:",
        list(dialogs),
        key="plb-terms-menu",
        type="tertiary",
        help=say("terms.menu"),
        format_func=lambda name: say(f"terms.act_{name}"),
    )
    if chosen is None:
        return
    # Not the same dialog again for another concept: what was typed into it belonged to this one
    key = f"plb-{chosen}-{view.concept.id}"

    @st.dialog(say(f"terms.act_{chosen}"), width="medium")
    def dialog() -> None:
        st.markdown(f"**{literal(name_line(view.concept, say))}**")
        show(element("p", say(f"terms.act_{chosen}_help"), class_="plb-quiet"))
        with friendly(say):
            dialogs[chosen](page, view, key)

    dialog()


def _deprecate(page: Page, view: ConceptView, key: str) -> None:
    import streamlit as st

    kept = f"{key}-instead"
    replacement: str = st.session_state.get(kept, "")

    def choose(one: str) -> None:
        st.session_state[kept] = one

    if replacement:
        name = terms_of(page).names([replacement], page.user).get(replacement)
        st.button(
            f"→ {literal(name_line(name, page.say)) if name else ''} ✕", key=f"{key}-other", on_click=choose, args=("",)
        )
    else:
        pick(page, key, page.say("terms.replacement"), choose, (view.concept.id,))
    propose(page, Deprecate(concept=view.concept.id, replacement=replacement), key, view.revision)


def _reinstate(page: Page, view: ConceptView, key: str) -> None:
    propose(page, Reinstate(concept=view.concept.id), key, view.revision)


def _delete(page: Page, view: ConceptView, key: str) -> None:
    import streamlit as st

    if view.incoming or view.narrower:
        st.warning(page.say("terms.delete_used", count=len(view.incoming) + len(view.narrower)))
    propose(page, Delete(concept=view.concept.id), key, view.revision)


def _merge(page: Page, view: ConceptView, key: str) -> None:
    import streamlit as st

    say = page.say
    others = choose_several(page, key, say("terms.merge_with"), (), {}, view.concept.id)
    if not others:
        return
    names = terms_of(page).names([view.concept.id, *others], page.user)
    stays = st.radio(
        say("terms.merge_stays"),
        [view.concept.id, *others],
        format_func=lambda one: literal(name_line(names[one], say)) if one in names else one,
        key=f"{key}-stays",
    )
    sources = tuple(one for one in (view.concept.id, *others) if one != stays)
    propose(page, Merge(into=stays, sources=sources), key, view.revision)


def _split(page: Page, view: ConceptView, key: str) -> None:
    """New concepts that take names and facts of this one along; what nobody takes remains, unless it shall go."""
    import streamlit as st

    say = page.say
    count = int(st.number_input(say("terms.split_parts"), 1, _MOST_PARTS, 2, key=f"{key}-count"))
    labels = {f"{label.text} ({say(f'terms.kind_{label.kind}')})": label for label in view.form.labels}
    facts = {
        f"{_name(view, fact.relation, page)}: {fact.object if fact.literal else _name(view, fact.object, page)}": fact
        for fact in view.form.facts
    }
    parts = []
    for number in range(count):
        with st.container(border=True, key=f"{key}-part-{number}"):
            show(marks.heading(say("terms.split_part", number=number + 1), 3))
            zh, en = (
                column.text_input(say(f"terms.language_{language}"), key=f"{key}-{number}-{language}")
                for column, language in zip(st.columns(2), ("zh", "en"), strict=True)
            )
            taken = st.multiselect(
                say("terms.split_labels"), list(labels), key=f"{key}-{number}-labels", placeholder=say("terms.choose"),
            )  # fmt: skip
            stated = st.multiselect(
                say("terms.split_facts"), list(facts), key=f"{key}-{number}-facts", placeholder=say("terms.choose"),
            )  # fmt: skip
        names = tuple(
            LabelForm(text=text.strip(), language=language)
            for text, language in ((zh, "zh"), (en, "en"))
            if text and text.strip()
        )
        parts.append(
            ConceptForm(
                labels=(*names, *(_moved(labels[one], names) for one in taken)),
                types=view.form.types,
                broader=view.form.broader,
                access=view.form.access,
                facts=tuple(facts[one] for one in stated),
            )
        )
    stays = st.toggle(say("terms.split_stays"), value=True, key=f"{key}-stays")
    if not all(part.labels for part in parts):
        show(marks.empty(say("terms.split_unnamed")))
        return
    rest = None
    if stays:
        gone = {(label.text, label.language) for part in parts for label in part.labels}
        gone_facts = {fact for part in parts for fact in part.facts}
        rest = view.form.model_copy(
            update={
                "labels": tuple(label for label in view.form.labels if (label.text, label.language) not in gone),
                "facts": tuple(fact for fact in view.form.facts if fact not in gone_facts),
            }
        )
    propose(page, Split(source=view.concept.id, parts=tuple(parts), rest=rest), key, view.revision)


def _moved(label: LabelForm, names: tuple[LabelForm, ...]) -> LabelForm:
    """A name that goes along: no second preferred one in its language."""
    if label.kind == "preferred" and any(name.language == column_of(label) for name in names):
        return label.model_copy(update={"kind": "alternative"})
    return label


def _name(view: ConceptView, one: str, page: Page) -> str:
    name = view.names.get(one)
    return name.text(page.say.language) if name else one
