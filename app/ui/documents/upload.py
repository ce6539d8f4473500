"""Adding files from one's own machine: many at once, each with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.ui.documents.changes import choose_labels
from app.ui.documents.common import badge, empty, jobs, size, to
from app.ui.documents.quarantine import reason
from app.ui.markup import Html, element, join
from app.ui.page import Page, plain_sentence, show
from app.uploads import AlreadyThere
from knowledge.errors import PlumblineError

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from app.ui.jobs import Job
    from app.ui.texts import Words

UPLOAD = "upload"
_ROUND = "plb-upload-round"
_SHOWN = 200
_OF_SYSTEMS = frozenset({"Thumbs.db", "desktop.ini", "__MACOSX"})


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of one file: the document's id, or why there is none."""

    name: str
    bytes: int
    document_id: str = ""
    problem: str = ""
    same: bool = False
    """Its content was there already, so it was left out."""


def upload(page: Page) -> None:
    """The place to drop files, where they go, and what became of them."""
    import streamlit as st

    say, assistant = page.say, page.shared.assistant
    folders = {each.id: each for each in assistant.uploads.folders(page.user)}
    if not folders:
        show(empty(say("docs_upload.nowhere")))
        return
    show(element("p", say("docs_upload.what"), class_="plb-lead plb-quiet"))
    # Another number makes another, empty box: what was sent must not be sent twice
    number = st.session_state.get(_ROUND, 0)
    files = choose_files(page, f"plb-upload-files-{number}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ids = list(folders)
        folder = st.selectbox(
            say("docs_upload.folder"),
            ids,
            index=ids.index("shared") if "shared" in ids else 0,
            format_func=lambda one: folder_name(folders[one], say),
            key="plb-upload-folder",
            width=280,
        )
        replace, once = choose_ways(page, "plb-upload")
    access = choose_labels(page, (), "plb-upload-access") if folder == "shared" else []
    readers = say("docs_access.some") if access else say(f"docs_upload.readers_{folders[folder].kind}")
    st.caption(readers)
    if st.button(
        say("docs_upload.send"), type="primary", icon=":material/upload:", disabled=not files, key="plb-upload-send"
    ):
        start(page, contents(files), folder, access if folder == "shared" else None, replace=replace, once=once)
        st.session_state[_ROUND] = number + 1
        st.rerun()
    jobs(page, {UPLOAD: outcome})


def choose_files(page: Page, key: str) -> list[UploadedFile]:
    """A box to drop files and folders on. Files of a folder are named by their path in it; hidden ones are left out.

    What is dropped may be either; only what the button opens has to be said beforehand.
    """
    import streamlit as st

    say = page.say
    which = st.segmented_control(
        say("docs_upload.which"),
        ("files", "folder"),
        default="files",
        required=True,
        format_func=lambda name: say(f"docs_upload.which_{name}"),
        label_visibility="collapsed",
        key=f"{key}-which",
    )
    given: list[UploadedFile] = st.file_uploader(
        say("docs_upload.files"),
        accept_multiple_files="directory" if which == "folder" else True,
        max_upload_size=int(page.shared.assistant.settings.uploads.max_mb),
        label_visibility="collapsed",
        key=f"{key}-{which}",
    )
    files = [file for file in given if not _hidden(file.name)]
    if len(files) < len(given):
        st.caption(say("docs_upload.hidden", count=len(given) - len(files)))
    return files


def choose_ways(page: Page, key: str) -> tuple[bool, bool]:
    """Whether files of the same name are replaced, and whether what is there under another name is left out."""
    import streamlit as st

    say = page.say
    replace = st.checkbox(say("docs_upload.replace"), key=f"{key}-replace", help=say("docs_upload.replace_help"))
    again = st.checkbox(say("docs_upload.again"), key=f"{key}-again", help=say("docs_upload.again_help"))
    return replace, not again


def _hidden(path: str) -> bool:
    """Files that systems and editors put into folders, and all of `.git` and its like."""
    return any(part.startswith((".", "~$")) or part in _OF_SYSTEMS for part in path.split("/"))


def contents(files: Sequence[UploadedFile]) -> list[tuple[str, bytes]]:
    """Paths and bytes of what was chosen."""
    return [(file.name, file.getvalue()) for file in files]


def folder_name(folder: Any, say: Words) -> str:
    """Where files may go, as people call it."""
    return say(f"docs_upload.to_{folder.kind}", name=folder.name)


def start(
    page: Page,
    files: Sequence[tuple[str, bytes]],
    folder: str,
    access: Sequence[str] | None,
    *,
    replace: bool,
    once: bool,
) -> None:
    """Add these files in the background, one after the other; one that fails stops no other."""
    assistant, user, say = page.shared.assistant, page.user, page.say

    def add(job: Job, name: str, data: bytes) -> Uploaded:
        below, _, last = name.rpartition("/")
        labels = None if access is None else tuple(access)
        try:
            done = assistant.upload(
                last, data, folder, user=user, access=labels, below=below, replace=replace, once=once
            )
        except AlreadyThere as known:
            return Uploaded(name, len(data), problem=say("docs_upload.same", path=known.path), same=True)
        except PlumblineError as error:
            return Uploaded(name, len(data), problem=plain_sentence(error, say))
        job.doing = ""
        return Uploaded(name, len(data), done.document_id or "", reason(done.reason, say) if done.reason else "")

    def work(job: Job) -> None:
        for number, (name, data) in enumerate(files):
            if job.stopped:
                job.results.append(Uploaded(name, len(data), problem=say("docs_upload.stopped")))
                continue
            job.tell(number, len(files))
            job.doing = name
            job.results.append(add(job, name, data))
        job.tell(len(files), len(files))

    page.shared.jobs.start(UPLOAD, user.name, work)


def outcome(job: Job, say: Words) -> Html:
    """Each file with what became of it, those that failed first."""
    if not job.results:
        return Html("")
    failed = sorted(job.results, key=lambda each: bool(each.document_id))
    lines = [element("li", _line(each, say)) for each in failed[:_SHOWN]]
    if len(failed) > _SHOWN:
        lines.append(element("li", say("docs.more", count=len(failed) - _SHOWN), class_="plb-quiet"))
    return element("ul", *lines, class_="plb-lines")


def _line(done: Uploaded, say: Words) -> Html:
    name = (
        to("document", done.document_id, done.name, "plb-term", d=done.document_id) if done.document_id else done.name
    )
    if done.same:
        mark = badge(say("docs_upload.left_out"), "warn")
    else:
        mark = badge(say("docs_upload.added"), "good") if done.document_id else badge(say("docs_upload.failed"), "bad")
    small = element("small", " · ".join(filter(None, [size(done.bytes), done.problem])), class_="plb-quiet")
    return join([name, mark, small], " ")
