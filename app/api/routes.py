"""The routes of the service. Bodies are small frozen models; results are those of the command line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import iterate_in_threadpool

from app.answer import AnswerEvent, EditEvent, Event, EvidenceEvent, StageEvent, TokenEvent
from app.api.doors import refusal, signed_in
from app.assistant import MAX_QUESTION, Assistant
from knowledge.catalog.versions import Channel
from knowledge.errors import PlumblineError
from knowledge.types import Language, Passage, User

LONGEST_TEXT = 200_000
MOST_PASSAGES = 100
MOST_HITS = 100

open_routes = APIRouter()
routes = APIRouter(prefix="/v1")

SignedIn = Annotated[User, Depends(signed_in())]


class Body(BaseModel):
    """What comes in; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GivenPassage(Body):
    """A passage to check against."""

    id: str = Field(max_length=200)
    text: str = Field(max_length=LONGEST_TEXT)


class CheckBody(Body):
    """A text with what it was made from."""

    text: str = Field(max_length=LONGEST_TEXT)
    question: str | None = Field(None, max_length=MAX_QUESTION)
    passages: tuple[GivenPassage, ...] = Field((), max_length=MOST_PASSAGES)


class SearchBody(Body):
    """What to look for."""

    query: str = Field(max_length=MAX_QUESTION)
    limit: int = Field(10, ge=1, le=MOST_HITS)
    scope: tuple[str, ...] | None = Field(None, max_length=100)


class AskBody(Body):
    """A question; `stream`: the answer as server-sent events while it is written."""

    question: str = Field(max_length=MAX_QUESTION)
    conversation: str | None = Field(None, max_length=64)
    scope: tuple[str, ...] | None = Field(None, max_length=100)
    language: Language | None = None
    stream: bool = False


def assistant_of(request: Request) -> Assistant:
    """The assistant that the service works with."""
    found: Assistant = request.app.state.assistant
    return found


Working = Annotated[Assistant, Depends(assistant_of)]


@open_routes.get("/healthz")
def healthz() -> dict[str, bool]:
    """Whether the process answers."""
    return {"alive": True}


@open_routes.get("/readyz")
def readyz(assistant: Working) -> JSONResponse:
    """Whether the workspace can be read."""
    try:
        revision = assistant.catalog.revisions.current_id()
    except SQLAlchemyError:
        return refusal(503, "the catalog cannot be read; `plumbline doctor` says more")
    return JSONResponse({"ready": True, "graph_revision": revision})


@routes.get("/openapi.json")
def openapi(request: Request, _: SignedIn) -> dict[str, Any]:
    """The description of these routes."""
    described: dict[str, Any] = request.app.openapi()
    return described


@routes.post("/check")
def check(body: CheckBody, user: SignedIn, assistant: Working) -> dict[str, Any]:
    """A text held true to the term graph, as far as the caller may see it; no model is loaded."""
    passages = [Passage(given.id, given.text, number) for number, given in enumerate(body.passages, 1)]
    return assistant.check(body.text, passages, body.question, user=user).to_json()


@routes.post("/search")
def search(body: SearchBody, user: SignedIn, assistant: Working) -> dict[str, Any]:
    """The best chunks of the documents that the caller may see."""
    return {"hits": [hit.to_json() for hit in assistant.search(body.query, user, body.limit, scope=body.scope)]}


@routes.post("/ask", response_model=None)
def ask(
    body: AskBody,
    user: SignedIn,
    assistant: Working,
    channel: Annotated[Channel | None, Header(alias="X-Plumbline-Channel")] = None,
) -> dict[str, Any] | StreamingResponse:
    """The checked answer with its citations; with `stream` events: stage, evidence, token, edit, answer, error.

    The header `X-Plumbline-Channel` asks for the stable version or the canary outright.
    """
    events = assistant.stream(
        body.question, user, body.conversation, language=body.language, scope=body.scope, channel=channel
    )
    if body.stream:
        return StreamingResponse(_told(events), media_type="text/event-stream")
    for event in events:
        if isinstance(event, AnswerEvent):
            return event.answer.to_json()
    raise AssertionError("a stream ends with its answer")


async def _told(events: Iterator[Event]) -> AsyncIterator[str]:
    """The events as server-sent ones; when the caller goes away, the model stops."""
    try:
        async for event in iterate_in_threadpool(events):
            yield _line(*_said(event))
    except PlumblineError as error:
        yield _line("error", {"error": str(error)})
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(close)


def _said(event: Event) -> tuple[str, dict[str, Any]]:
    match event:
        case StageEvent(stage):
            return "stage", {"stage": stage}
        case EvidenceEvent(citations, language):
            return "evidence", {"citations": [each.to_json() for each in citations], "language": language}
        case TokenEvent(text):
            return "token", {"text": text}
        case EditEvent(checked):
            edits = [edit.to_json() for edit in checked.edits]
            return "edit", {"draft": checked.draft, "answer": checked.answer, "edits": edits}
        case AnswerEvent(answer):
            return "answer", answer.to_json()


def _line(kind: str, data: dict[str, Any]) -> str:
    # JSON escapes line ends, so that no text can begin an event of its own
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
