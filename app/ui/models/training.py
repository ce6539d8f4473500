"""Training: what runs now with its curve, what ran before, and beginning another one on a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app import training_process
from app.pictures import curve_picture
from app.ui.marks import badge, duration, empty, heading, size, when
from app.ui.markup import element, join
from app.ui.models.common import dataset_name, datasets, grid
from app.ui.page import Page, friendly, literal, show

if TYPE_CHECKING:
    from knowledge.catalog.runs import Run

_SHOWN = 20
_LOOK_AGAIN = 2.0
_LOOKS = {"running": "good", "done": "good", "failed": "bad", "stopped": "warn"}
_METHODS = ("lora", "prompt", "full", "dpo")


def training(page: Page) -> None:
    """The runs, drawn anew while one of them goes on, and the form for another."""
    import streamlit as st

    busy = any(state == "running" for _, state in _runs(page)) or any(each.running for each in page.shared.launches)

    @st.fragment(run_every=_LOOK_AGAIN if busy else None)
    def follow() -> None:
        with friendly(page.say):
            now = _runs(page)
            _draw(page, now)
            if (
                busy
                and not any(state == "running" for _, state in now)
                and not any(each.running for each in page.shared.launches)
            ):
                st.rerun(scope="app")

    with st.container():
        follow()
    _form(page)


def _runs(page: Page) -> Sequence[tuple[Run, str]]:
    """The latest trainings with their states; one whose process is gone is `stopped`."""
    assistant = page.shared.assistant
    trainings = assistant.workspace.trainings
    found = assistant.catalog.runs.list(kind="training", limit=_SHOWN)
    return [(run, "stopped" if run.state == "running" and not trainings.alive(run) else run.state) for run in found]


def _draw(page: Page, runs: Sequence[tuple[Run, str]]) -> None:
    import streamlit as st

    say = page.say
    for launch in page.shared.launches[-3:]:
        # What stands with its run already is not said twice
        if launch.problem and not any(run.message and launch.problem.endswith(run.message) for run, _ in runs):
            st.error(literal(launch.problem))
    if any(launch.running for launch in page.shared.launches) and not any(state == "running" for _, state in runs):
        show(element("p", say("models.beginning"), class_="plb-quiet", role="status"))
    if not runs:
        show(empty(say("models.no_trainings")))
        return
    for run, state in runs:
        if state != "done":
            with st.container(border=True, key=f"plb-models-run-{run.id}"):
                _one(page, run, state)
    done = [run for run, state in runs if state == "done"]
    if done:
        show(heading(say("models.trainings_done"), 3))
        names = ("run", "base", "dataset", "loss", "when", "took")
        show(grid([say(f"models.{name}") for name in names], [_row(page, run) for run in done]))
        with st.expander(say("models.curve"), key="plb-models-curves"):
            chosen = st.selectbox(say("models.run"), [run.id for run in done], key="plb-models-curve")
            _curve(page, next(run for run in done if run.id == chosen))


def _one(page: Page, run: Run, state: str) -> None:
    """A training that goes on or did not come to its end."""
    import streamlit as st

    say, report = page.say, run.report
    plan, curve = report.get("plan", {}), report.get("curve", [])
    dataset = dataset_name(page, report.get("dataset", {}))
    title = [element("b", plan.get("base", run.id)), " ", badge(say(f"models.state_{state}"), _LOOKS.get(state, ""))]
    told = f"{dataset or say('models.hidden_dataset')} · {plan.get('method', '')} · {when(run.started_at)}"
    show(join([element("p", *title), element("p", told, class_="plb-quiet plb-small")]))
    if curve:
        last = curve[-1]
        speed = say("models.progress", step=last["number"], of=last["of"], loss=f"{last['loss']:.3f}",
                    speed=f"{last['tokens_per_second']:.0f}", left=duration(last["seconds_left"], say))  # fmt: skip
        st.progress(min(1.0, last["number"] / max(1, last["of"])), text=speed)
        _curve(page, run)
    if run.message:
        show(element("p", run.message, class_="plb-quiet"))
    if state == "running":
        # What follows the runs draws anew every few seconds: a press must not fall between
        st.button(
            say("models.stop"),
            key=f"plb-models-stop-{run.id}",
            icon=":material/stop_circle:",
            on_click=lambda: _stop(page, run),
        )
    elif _may_go_on(page, run) and st.button(say("models.go_on"), key=f"plb-models-go-on-{run.id}"):
        _begin(page, dataset, plan, str(report.get("name", "")))


def _stop(page: Page, run: Run) -> None:
    import streamlit as st

    page.shared.assistant.workspace.trainings.stop(run)
    st.toast(page.say("models.stopping"))


def _may_go_on(page: Page, run: Run) -> bool:
    """Whether it was begun on a dataset of this workspace that the user may see, and with no adapter before it."""
    mine = {sheet.name for sheet in datasets(page).list(page.user)}
    plan = run.report.get("plan", {})
    return bool(plan) and run.report["dataset"].get("name") in mine and not plan.get("from_adapter")


def _curve(page: Page, run: Run) -> None:
    import streamlit as st

    from adapters.training.plan import Step

    curve = [Step(**point) for point in run.report.get("curve", [])]
    if curve:
        st.image(curve_picture(curve, page.say("models.curve_title")), width="stretch")


def _row(page: Page, run: Run) -> list[object]:
    say, report = page.say, run.report
    metrics = report.get("metrics", {})
    loss = metrics.get("validation_loss") or metrics.get("loss")
    took = duration(run.finished_at - run.started_at, say) if run.finished_at else "–"
    dataset = dataset_name(page, report.get("dataset", {})) or say("models.hidden_dataset")
    base = report.get("plan", {}).get("base", "")
    return [run.id, base, dataset, "–" if loss is None else f"{loss:.3f}", when(run.started_at), took]


# --- another one ----------------------------------------------------------------------------------------------------


def _form(page: Page) -> None:
    """The main options; the estimate comes before the button that begins it."""
    import streamlit as st

    say = page.say
    show(heading(say("models.train"), 2))
    names = [sheet.name for sheet in datasets(page).list(page.user)]
    if not names:
        show(empty(say("models.no_datasets")))
        return
    dataset = st.selectbox(say("models.dataset"), names, key="plb-models-train-dataset")
    with st.container(horizontal=True):
        name = st.text_input(say("models.family"), max_chars=64, key="plb-models-train-name", width=220).strip()
        method = st.selectbox(say("models.method"), _METHODS, key="plb-models-train-method", width=140)
        rank = st.number_input(say("models.rank"), 1, 256, 8, key="plb-models-train-rank", width=140)
        epochs = st.number_input(say("models.epochs"), 1, 100, 3, key="plb-models-train-epochs", width=140)
        batch = st.number_input(say("models.batch"), 1, 256, 4, key="plb-models-train-batch", width=140)
        rate = st.number_input(
            say("models.rate"), 1e-6, 1.0, 2e-4, step=1e-4, format="%.6f", key="plb-models-train-rate", width=170
        )
    plan = {
        "base": page.shared.settings.answer.model,
        "method": method,
        "rank": int(rank),
        "epochs": int(epochs),
        "batch_size": int(batch),
        "learning_rate": float(rate),
    }
    wanted = (dataset, name, plan)
    workspace = page.shared.assistant.workspace
    if st.button(say("models.estimate"), key="plb-models-estimate"):
        with st.spinner(say("models.estimating")):
            st.session_state["plb-models-estimated"] = (
                wanted,
                training_process.foresee(workspace, dataset, plan, name=name),
            )
    estimated = st.session_state.get("plb-models-estimated")
    if estimated is None or estimated[0] != wanted:
        return
    expected: Mapping[str, Any] = estimated[1]
    told = {"memory": size(expected["memory_bytes"]), "time": duration(expected["seconds"], say)}
    show(element("p", say("models.fits" if expected["fits"] else "models.fits_not", **told), role="status"))
    if expected["fits"] and st.button(say("models.begin"), type="primary", key="plb-models-begin"):
        _begin(page, dataset, plan, name)


def _begin(page: Page, dataset: str, plan: Mapping[str, Any], name: str) -> None:
    import streamlit as st

    datasets(page).get(dataset, page.user)  # raises NotFound for what is not theirs
    launch = training_process.begin(page.shared.assistant.workspace, dataset, plan, name=name, by=page.user.name)
    page.shared.launches.append(launch)
    st.session_state.pop("plb-models-estimated", None)
    st.rerun(scope="app")
