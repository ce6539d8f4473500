from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app.logs import configure_logging, use_standard_logging
from app.settings import LoggingSettings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    rooms = {room: logging.getLogger(room).level for room in ("app", "ingest", "adapters", "knowledge")}
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    for room, before in rooms.items():
        logging.getLogger(room).setLevel(before)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_both_ways_of_logging_are_one_json_line_each() -> None:
    stream = io.StringIO()
    configure_logging(LoggingSettings(json_lines=True), stream=stream)
    logging.getLogger("ingest.pipeline").info("read %d files", 3, extra={"run": "r1"})
    structlog.get_logger("knowledge.catalog").info("published", 代=7)
    first, second = lines(stream)
    assert (first["event"], first["run"], first["logger"], first["level"]) == (
        "read 3 files",
        "r1",
        "ingest.pipeline",
        "info",
    )
    assert (second["event"], second["代"], second["logger"]) == ("published", 7, "knowledge.catalog")


@pytest.mark.parametrize("name", ["password", "access_token", "SECRET_KEY", "cookie"])
def test_values_under_secret_names_are_masked(name: str) -> None:
    stream = io.StringIO()
    configure_logging(LoggingSettings(json_lines=True), stream=stream)
    structlog.get_logger("app").info("signing in", **{name: "hunter2", "max_tokens": 220})
    assert "hunter2" not in stream.getvalue()
    assert lines(stream)[0]["max_tokens"] == 220


@pytest.mark.parametrize(
    ("level", "debug", "terminal", "seen"),
    [
        ("INFO", False, False, ["info", "warning"]),
        ("INFO", False, True, ["warning"]),  # progress bars tell the rest
        ("DEBUG", False, True, ["debug", "info", "warning"]),
        ("ERROR", False, False, []),
        ("ERROR", True, False, ["debug", "info", "warning"]),
    ],
)
def test_levels(level: str, debug: bool, terminal: bool, seen: list[str]) -> None:
    stream = Terminal() if terminal else io.StringIO()
    configure_logging(LoggingSettings(level=level, json_lines=True), stream=stream, debug=debug)
    for each in ("debug", "info", "warning"):
        getattr(logging.getLogger("app.x"), each)(each)
    logging.getLogger("somebody.else").info("chatter")
    assert [line["level"] for line in lines(stream)] == seen


def test_file_in_the_workspace_and_a_large_one_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "plumbline.log").write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    configure_logging(LoggingSettings(), workspace=tmp_path, stream=Terminal())
    logging.getLogger("app").info("hello")
    assert "hello" in (folder / "plumbline.log").read_text(encoding="utf-8")
    assert (folder / "plumbline.log.1").stat().st_size > 10 * 1024 * 1024


def test_last_call_counts_and_nothing_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = io.StringIO(), io.StringIO()
    configure_logging(LoggingSettings(), stream=first)
    configure_logging(LoggingSettings(), stream=second)
    structlog.get_logger("app").warning("once")
    warnings.warn("from a library", stacklevel=1)
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1
    assert "from a library" in second.getvalue()
    assert capsys.readouterr().out == ""


def test_library_logs_through_the_standard_library(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    structlog.reset_defaults()
    log = structlog.get_logger("knowledge.index_store")  # made before, as modules do
    use_standard_logging()
    with caplog.at_level(logging.WARNING, logger="knowledge.index_store"):
        log.info("published", generation=1)
    with caplog.at_level(logging.INFO, logger="knowledge.index_store"):
        log.info("published", generation=2, token="hunter2")
    assert [record.getMessage() for record in caplog.records] == ["event='published' generation=2 token='***'"]
    assert capsys.readouterr().out == ""


def test_settings_of_the_program_are_left_alone() -> None:
    stream = io.StringIO()
    configure_logging(LoggingSettings(json_lines=True), stream=stream)
    use_standard_logging()
    structlog.get_logger("app").warning("kept")
    assert lines(stream)[0]["event"] == "kept"
