"""What all views of the Documents page need: addresses, how sizes, times, labels and states are said, and jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from app.ui.address import VIEW, go, leave_for, link, shown
from app.ui.marks import act, badge, duration, empty, heading, leading, size, when
from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, sentence, show
from app.ui.texts import Words
from knowledge.catalog.labels import PERSONAL

if TYPE_CHECKING:
    from app.documents import ManagedDocuments
    from app.ui.jobs import Job

__all__ = ["VIEW", "act", "badge", "duration", "empty", "go", "heading", "leave_for", "shown", "size", "when"]

PATH = "/documents"
DOCUMENT, RUN, SOURCE = "d", "run", "source"


@cache
def style() -> Html:
    """The page's style sheet, beside that of all pages."""
    return Html(f"<style>{files('app.ui.documents').joinpath('documents.css').read_text(encoding='utf-8')}</style>")


def managed(page: Page) -> ManagedDocuments:
    """What can be done with documents; every call goes there with `page.user`, whose right is asked for again."""
    return page.shared.assistant.documents


def to(name: str, message: str, label: object, class_: str, **parameters: str) -> Html:
    """Anything that leads to another part of the page; opened in a new tab it has an address of its own."""
    return leading(name, message, label, class_, link(PATH, **parameters))


def passages(count: int, say: Words) -> str:
    """How many passages a document has."""
    return say("docs.chunks_one" if count == 1 else "docs.chunks", count=count)


def listed(names: Iterable[object], say: Words) -> str:
    """Things in one line."""
    return ("、" if say.language == "zh" else ", ").join(map(str, names))


def label_name(label: str, say: Words) -> str:
    """What an access label is called; the empty one stands for every signed-in user."""
    if not label:
        return say("docs.everyone")
    return say("docs.personal_of", name=label.removeprefix(PERSONAL)) if label.startswith(PERSONAL) else label


def access_badges(labels: Sequence[str], say: Words) -> Html:
    """Who may read something, as small marks."""
    if not labels:
        return badge(say("docs.everyone"))
    return join((badge(label_name(label, say), "good") for label in labels), " ")


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Names and values; those without a value are left out."""
    lines = (
        part for name, value in pairs if value not in ("", None) for part in (element("dt", name), element("dd", value))
    )
    return element("dl", *lines, class_="plb-facts")


def bulleted(lines: Iterable[object], class_: str = "plb-lines") -> Html:
    """A plain list."""
    return element("ul", *(element("li", line) for line in lines), class_=class_)


def numbers(pairs: Iterable[tuple[str, object, str]]) -> Html:
    """Counts with their names, side by side; each with a look as for `badge`."""
    tiles = (
        element(
            "div", element("b", value), element("span", name), class_=f"plb-number-tile {f'plb-{look}' if look else ''}"
        )
        for name, value, look in pairs
    )
    return element("div", *tiles, class_="plb-numbers")


def jobs(
    page: Page, kinds: Mapping[str, Callable[[Job, Words], Html]], below: Callable[[], None] | None = None
) -> None:
    """What the user started of these kinds: how far it is while it runs, then what came of it (HTML by kind).

    While something runs only this part of the page is drawn anew; when it is over, the whole page once. That would
    close a dialog: in one `below` draws what else depends on it.
    """
    import streamlit as st

    mine = page.shared.jobs.of(page.user.name, *kinds)
    running = any(not job.finished for job in mine)

    def draw() -> None:
        with friendly(page.say):
            still = page.shared.jobs.of(page.user.name, *kinds)
            if running and below is None and all(job.finished for job in still):
                st.rerun(scope="app")
            for job in still:
                _draw(page, job, kinds[job.kind])
            if below is not None:
                below()

    if running:
        st.fragment(draw, run_every=1)()
    else:
        draw()


def _draw(page: Page, job: Job, results: Callable[[Job, Words], Html]) -> None:
    import streamlit as st

    say = page.say
    with st.container(key=f"plb-job-{job.id}", border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            state = "failed" if job.error else "done" if job.finished else "running" if job.started else "waiting"
            title = say(f"docs_jobs.{job.kind}_{'done' if job.finished else 'running'}")
            look = {"failed": "bad", "done": "good"}.get(state, "")
            show(join([element("b", title), " ", badge(say(f"docs_jobs.{state}"), look)]))
            label = say("docs_jobs.dismiss") if job.finished else say("docs_jobs.stop")
            if st.button(
                label, key=f"plb-job-away-{job.id}", type="tertiary", disabled=job.stopped and not job.finished
            ):
                page.shared.jobs.dismiss(job.id, page.user.name)
                st.rerun(scope="app")
        if job.started and not job.finished:
            part = job.done / job.total if job.total else 0.0
            told = (
                say("docs_jobs.progress", done=job.done, total=job.total) if job.total else say("docs_jobs.beginning")
            )
            st.progress(min(1.0, part), text=(job.doing and f"{told} · {job.doing}") or told)
        if job.error is not None:
            st.error(sentence(job.error, say))
        html = results(job, say)
        if html:
            show(html)
