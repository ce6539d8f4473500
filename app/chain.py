"""LangChain lives here: the model, the retriever and the small chains in its terms. Our own types go in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from pydantic import ConfigDict

from app import prompts
from app.answer import Answer, AnswerEvent, Event
from knowledge.errors import InvalidInput
from knowledge.protocols import Generator
from knowledge.types import AlignmentReport, Hit, Language, Message, Passage

_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class GeneratorChat(BaseChatModel):
    """A `Generator` of ours as a LangChain chat model; greedy, so the same prompt gives the same answer."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    generator: Any
    max_tokens: int = 256

    @property
    def _llm_type(self) -> str:
        return f"plumbline-{self.generator.backend}"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        pieces = self.generator.stream(
            our_messages(messages), max_tokens=kwargs.get("max_tokens", self.max_tokens), stop=stop or ()
        )
        for piece in pieces:
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if run_manager:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages, stop, run_manager, **kwargs))
        return ChatResult(generations=[ChatGeneration(message=AIMessageChunk(content=text))])


class WorkspaceRetriever(BaseRetriever):
    """Search of a workspace as a LangChain retriever; finds what `user` may see."""

    search: Callable[[str], Sequence[Hit]]

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's signature
    ) -> list[LangChainDocument]:
        return [
            LangChainDocument(id=hit.chunk_id, page_content=hit.text, metadata=hit.model_dump(exclude={"text"}))
            for hit in self.search(query)
        ]


def answer_prompt(language: Language) -> ChatPromptTemplate:
    """`{"sources", "question", "refusal"}` -> what the model is asked."""
    return ChatPromptTemplate.from_messages(
        [("system", prompts.load("answer", language)), ("human", prompts.load("question", language))]
    )


def our_messages(messages: Sequence[BaseMessage]) -> list[Message]:
    """LangChain's messages as a generator takes them."""
    return [Message(_ROLES[message.type], str(message.content)) for message in messages]  # type: ignore[arg-type]


def answering(generator: Generator, max_tokens: int) -> Runnable[Any, str]:
    """An answering prompt -> the draft answer, streamed."""
    return GeneratorChat(generator=generator, max_tokens=max_tokens) | StrOutputParser()


def rewriting(generator: Generator, language: Language) -> Runnable[dict[str, str], str]:
    """`{"earlier_question", "earlier_answer", "question"}` -> a question that stands alone."""
    prompt = ChatPromptTemplate.from_messages(
        [("system", prompts.load("rewrite", language)), ("human", prompts.load("follow_up", language))]
    )
    model = GeneratorChat(generator=generator, max_tokens=64).bind(stop=["\n"])
    return prompt | model | StrOutputParser()


def system_messages(language: Language) -> list[Message]:
    """The fixed head of every answering prompt, for warming the model."""
    return [Message("system", prompts.load("answer", language))]


class AnswerChain(RunnableSerializable[Any, Answer]):
    """The whole way from question to answer as a Runnable: `invoke` gives the Answer, `stream` the events."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    events: Callable[..., Iterator[Event]]

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:  # noqa: A002 - LangChain's name
        """The answer to a question, or to `{"question", "user", "conversation"}`."""
        return self._call_with_config(lambda value: _last(self.events(**_arguments(value))), input, config, **kwargs)

    def stream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Any]:  # noqa: A002, ARG002 - LangChain's signature
        """The events in order; the last one holds the answer."""
        yield from self.events(**_arguments(input))


class CheckChain(RunnableSerializable[Any, AlignmentReport]):
    """The alignment checker as the end of anybody's chain: text in, `AlignmentReport` out (`.answer` is the text).

    Takes a string, a message, or `{"text", "question"?, "passages"?}`, where passages are strings, documents of
    LangChain's or passages of ours. Needs no model.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    check: Callable[[str, Sequence[Passage], str | None], AlignmentReport]

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> AlignmentReport:  # noqa: A002 - LangChain's name
        """The report on a text."""
        return self._call_with_config(lambda value: self.check(*_text_to_check(value)), input, config, **kwargs)


def _text_to_check(value: Any) -> tuple[str, list[Passage], str | None]:
    if isinstance(value, BaseMessage):
        return str(value.content), [], None
    if isinstance(value, str):
        return value, [], None
    if not isinstance(value, dict) or not isinstance(value.get("text"), str | BaseMessage):
        raise InvalidInput('check: give a text, a message or {"text", "question"?, "passages"?}')
    text = value["text"]
    passages = [_passage(each, number) for number, each in enumerate(value.get("passages") or (), start=1)]
    return str(text.content) if isinstance(text, BaseMessage) else text, passages, value.get("question")


def _passage(value: Any, number: int) -> Passage:
    if isinstance(value, Passage):
        return value
    if isinstance(value, LangChainDocument):
        return Passage(value.id or str(number), value.page_content, number)
    if isinstance(value, str):
        return Passage(str(number), value, number)
    raise InvalidInput(f"check: passage {number} is a {type(value).__name__}; give text, documents or passages")


def _arguments(value: Any) -> dict[str, Any]:
    return {"question": value} if isinstance(value, str) else dict(value)


def _last(events: Iterator[Event]) -> Answer:
    for event in events:
        if isinstance(event, AnswerEvent):
            return event.answer
    raise AssertionError("a stream ends with its answer")
