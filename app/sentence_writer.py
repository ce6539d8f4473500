"""The answer model as the checker's last resort: one sentence written anew, or read. It is not trusted there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app import prompts
from knowledge.protocols import Generator
from knowledge.types import Language, Message

_MOST_TOKENS = 120


class ModelSentenceWriter:
    """Asks a generator, which is loaded when the first sentence needs it. Greedy, so the same gives the same."""

    def __init__(self, generator: Callable[[], Generator]) -> None:
        self._generator = generator

    def rewritten(self, sentence: str, facts: Sequence[str], language: Language, attempt: int) -> str:
        """The model's sentence; the second attempt asks for the smallest change."""
        asked = prompts.load("mend" if attempt == 0 else "mend_again", language)
        told = "\n".join(f"- {fact}" for fact in facts)
        messages = [Message("system", asked), Message("user", f"{told}\n\n{sentence}")]
        pieces = self._generator().stream(messages, max_tokens=_MOST_TOKENS, stop=("\n",))
        return "".join(pieces).strip()

    def triples(
        self, sentence: str, names: Sequence[str], relations: Sequence[str], language: Language, attempt: int
    ) -> str:
        """The model's choice among the names and relations; the second attempt has the lists after the sentence."""
        lists = [_numbered(names), _numbered(relations)]
        told = "\n\n".join([*lists, sentence] if attempt == 0 else [sentence, *lists])
        messages = [Message("system", prompts.load("read", language)), Message("user", told)]
        return "".join(self._generator().stream(messages, max_tokens=_MOST_TOKENS, stop=("\n\n",))).strip()


def _numbered(items: Sequence[str]) -> str:
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
