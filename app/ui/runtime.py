"""What the whole server shares: the assistant, the desk where answers are written, and whether models are warm.

Nothing here belongs to one user; what does is read anew on each run of a page.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from app.ui.jobs import Jobs
from knowledge.errors import PlumblineError, Unavailable

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.settings import Settings
    from app.training_process import Launch
    from app.ui.desk import Desk

log = logging.getLogger(__name__)

Warmth = Literal["cold", "warming", "warm", "failed"]


@dataclass(slots=True)
class Runtime:
    """The parts of a running server. Safe from many threads."""

    assistant: Assistant
    desk: Desk
    jobs: Jobs = field(default_factory=Jobs)
    launches: list[Launch] = field(default_factory=list)
    """Trainings that were begun from the pages, each a process of its own, which outlives this one."""
    warmth: Warmth = "cold"
    _warmed: threading.Event = field(default_factory=threading.Event)

    @property
    def settings(self) -> Settings:
        """The settings that the server was started with."""
        return self.assistant.settings

    def warm_up(self) -> None:
        """Load the models in the background; a failure is logged and shown when somebody asks."""
        self.warmth = "warming"
        threading.Thread(target=self._warm_up, name="plumbline-warm-up", daemon=True).start()

    def _warm_up(self) -> None:
        try:
            self.assistant.warm_up()
        except PlumblineError as error:
            self.warmth = "failed"
            log.warning("models are not ready: %s", error)
        except Exception:
            # The outermost frame of a thread: whatever a library raises, the pages stay up, whoever asks is told in one
            # friendly sentence, and the log has the traceback
            self.warmth = "failed"
            log.exception("warming up failed")
        else:
            self.warmth = "warm"
        finally:
            self._warmed.set()

    def close(self) -> None:
        """Stop writing, so that the assistant may be closed."""
        self.desk.close()
        self.jobs.close()
        if self.warmth == "warming":
            # Models that are just being loaded cannot be freed
            self._warmed.wait(timeout=30)


_current: Runtime | None = None


def start(assistant: Assistant) -> Runtime:
    """Make `assistant` the one that this process's pages use."""
    from app.ui.desk import Desk

    global _current  # noqa: PLW0603 - one server per process; pages are scripts and can be handed nothing
    _current = Runtime(assistant, Desk(assistant))
    return _current


def current() -> Runtime:
    """The running server's parts; raises Unavailable when the pages were started by something else."""
    if _current is None:
        raise Unavailable("the pages must be started with `plumbline ui`")
    return _current
