"""Settings: one typed tree, read once from `plumbline.toml` and `PLUMBLINE_*`, passed down.

Unknown keys and impossible numbers fail at load with their path. `PLUMBLINE_ANSWER__MODEL=…` sets `[answer] model`.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from knowledge.errors import InvalidInput

CONFIG_NAME = "plumbline.toml"
ENV_PREFIX = "PLUMBLINE_"


class Section(BaseModel):
    """A frozen group of settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSettings(Section):
    """Where models come from and how many threads they may use."""

    cache: Path | None = Field(None, description="folder of pulled models; none: the user's cache folder")
    folder: Path | None = Field(None, description="a folder with models brought by hand, looked at first")
    threads: int = Field(0, ge=0, le=256, description="threads per model; 0: one per core")
    offline: bool = Field(False, description="never fetch a model; say what is missing instead")


class EmbeddingSettings(Section):
    """The model that turns text into vectors."""

    model: str = "multilingual-e5-small"
    backend: Literal["auto", "openvino", "torch"] = "auto"


class IngestSettings(Section):
    """How files become chunks."""

    chunk_tokens: int = Field(180, ge=40, le=480, description="longest chunk in tokens of the embedding model")
    chunk_overlap: int = Field(0, ge=0, le=200, description="tokens repeated from the chunk before")
    batch_size: int = Field(16, ge=1, le=512, description="chunks embedded at once")
    workers: int = Field(1, ge=1, le=64, description="processes that read files, and as many that desensitize")
    max_file_mb: float = Field(200.0, gt=0, description="larger files go to quarantine, in MiB")
    max_seconds: float = Field(120.0, gt=0, description="longest time for reading one file, in seconds")
    max_memory_mb: int = Field(1500, ge=256, description="memory that reading one file may take, in MiB")
    max_pages: int = Field(10_000, ge=1, description="pages read from one document")
    max_ocr_pages: int = Field(200, ge=0, description="pages of one document that are read through OCR; 0: no OCR")
    exclude: tuple[str, ...] = Field(
        (".*", "~$*", "Thumbs.db", "desktop.ini"), description="file name patterns left out"
    )


class DesensitizeSettings(Section):
    """What happens to personal data and secrets before anything is stored."""

    policy: Path | None = Field(None, description="policy file; none: policy.yaml here, else the built-in one")
    directory: Path | None = Field(
        None,
        description="the company's people, CSV or LDIF: they keep names and work contacts; none: directory.csv here",
    )
    strict: bool = Field(False, description="true: the company's own people become pseudonyms too")
    vault: bool = Field(False, description="true: originals of pseudonyms are kept, encrypted, in vault.sqlite")
    vault_key: Path | None = Field(None, description="file with the vault's keys, outside the workspace")
    vault_keys: SecretStr | None = Field(
        None, description="the keys themselves; for the environment, not for this file"
    )
    reveal_roles: tuple[str, ...] = Field(("admin",), description="roles that may reveal originals from the vault")


class RetrievalSettings(Section):
    """How chunks are found."""

    candidates: int = Field(40, ge=5, le=1000, description="hits taken from each search before they are fused")
    dense_weight: float = Field(1.0, ge=0, description="how much likeness of meaning counts")
    keyword_weight: float = Field(1.0, ge=0, description="how much shared words count")
    concept_weight: float = Field(0.5, ge=0, description="how much shared concepts of the term graph count")


class AnswerSettings(Section):
    """How an answer is written."""

    model: str = "qwen2.5-coder-1.5b-instruct-q4"
    backend: Literal["auto", "openvino", "llama.cpp", "transformers", "openai-compatible"] = Field(
        "auto", description="auto: transformers on a GPU, else what suits the processor"
    )
    quantize: Literal["none", "8bit", "4bit"] = Field(
        "none", description="weights of the base in fewer bits, with transformers on an NVIDIA GPU"
    )
    context_tokens: int = Field(4096, ge=512, le=131_072)
    evidence_tokens: int = Field(200, ge=100, le=32_000, description="token budget of the evidence in the prompt")
    passages: int = Field(5, ge=1, le=50, description="chunks that evidence is taken from")
    max_tokens: int = Field(160, ge=16, le=8_192, description="longest answer in tokens")
    min_relevance: float = Field(0.20, ge=0, le=2, description="below this the answer is 'not in the documents'")
    sure_relevance: float = Field(0.30, ge=0, le=2, description="from here on the model is not offered to refuse")


class ServerSettings(Section):
    """A server that speaks OpenAI's chat protocol, for `[answer] backend = "openai-compatible"`."""

    url: str = Field("", description="its address, such as http://host:8000/v1")
    model: str = Field("", description="what the model is called there")
    api_key: SecretStr | None = Field(None, description="only from the environment: PLUMBLINE_SERVER__API_KEY")
    connect_seconds: float = Field(5.0, gt=0, description="longest wait for a connection")
    read_seconds: float = Field(120.0, gt=0, description="longest wait for the next piece of an answer")
    retries: int = Field(3, ge=0, le=20, description="how often it is asked again when it is busy")


class AdaptationSettings(Section):
    """When a model version may be promoted, a canary is taken back by itself, and another one is prepared."""

    min_questions: int = Field(5, ge=1, description="an evaluation with fewer questions of one kind opens no gate")
    min_gain: float = Field(0.0, ge=-1, le=1, description="by how much F1 must be above the version in service")
    max_forgetting: float = Field(0.1, ge=0, le=1, description="how much less of the general questions may be right")
    judge_after: int = Field(20, ge=1, description="answers of a canary before it is judged")
    max_error_share: float = Field(0.1, ge=0, le=1, description="more failures take a canary back")
    max_slowdown: float = Field(2.0, ge=1, description="how many times the stable version's median time it may take")
    max_down_share: float = Field(0.3, ge=0, le=1, description="more thumbs down, of five or more, take it back")
    not_from: tuple[str, ...] = Field((), description="users and groups whose conversations are never learnt from")
    window_days: float = Field(30.0, gt=0, description="what was asked and came in so lately is new")
    drift_threshold: float = Field(0.1, ge=0, le=1, description="how large a difference that is beyond chance must be")
    continual: Literal["off", "prepare", "train"] = Field(
        "off",
        description="what is done by itself when there is drift: nothing, a dataset, a candidate that is evaluated",
    )
    min_interval_days: float = Field(7.0, ge=0, description="days between two datasets that are prepared by drift")
    min_examples: int = Field(50, ge=1, description="so many new examples must be there for another dataset")
    replay_share: float = Field(0.3, ge=0, lt=1, description="share of older examples that are gone over again")


class AlignmentSettings(Section):
    """How answers are held true to the term graph."""

    similarity_threshold: float = Field(0.82, ge=0, le=1, description="reported and logged; never edits by itself")
    edit: bool = Field(True, description="false: only findings, the text stays as the model wrote it")
    prefer_preferred: bool = Field(False, description="true: alternative labels are replaced by preferred ones too")
    model: Literal["off", "bounded", "on"] = Field(
        "off", description="may the answer model write sentences anew that disagree: none, one of an answer, up to five"
    )


class TermsSettings(Section):
    """How the term graph is changed."""

    four_eyes: Literal["managers", "everyone", "off"] = Field(
        "managers",
        description="who may not approve their own proposals: managers (admins may), everyone, or off: all may",
    )
    endpoint: str = Field("", description="a SPARQL 1.1 store that `graph sync` follows, as http://host:7878/query")
    endpoint_user: str = Field("", description="the name that the store asks for, if it does")
    endpoint_password: SecretStr | None = Field(
        None, description="only from the environment: PLUMBLINE_TERMS__ENDPOINT_PASSWORD"
    )


class MailSettings(Section):
    """E-mail about watched concepts. Without a server none is ever sent."""

    server: str = Field("", description="host name of the SMTP server; empty: no e-mail")
    port: int = Field(587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="none: only within one's own network")
    certificates: Path | None = Field(None, description="file with the company's own certificate authorities (PEM)")
    user: str = Field("", description="the name that the server asks for, if it does")
    password: SecretStr | None = Field(None, description="only from the environment: PLUMBLINE_MAIL__PASSWORD")
    sender: str = Field("", description="the address that messages come from")
    domains: tuple[str, ...] = Field((), description="messages go to addresses of these domains only; none: to any")
    link: str = Field("", description="address of the pages, for links in messages, as https://plumbline.example")
    gather_minutes: float = Field(5.0, ge=0, le=1440, description="changes within so many minutes are one message")
    seconds: float = Field(20.0, gt=0, le=300, description="longest wait for the server")


class AttachmentSettings(Section):
    """A file that is attached to one question; it is kept nowhere."""

    max_mb: int = Field(10, ge=1, le=200, description="larger files are refused, in MiB")
    max_seconds: float = Field(30.0, gt=0, description="longest time for reading one")
    max_memory_mb: int = Field(1000, ge=200, description="memory that reading one may take, in MiB")
    max_pages: int = Field(300, ge=1, description="pages read from one")
    max_chunks: int = Field(150, ge=1, description="longer files are refused: embedding them would take too long")


class UploadSettings(Section):
    """Who may add documents from the pages, into a personal folder or that of a group they belong to."""

    roles: tuple[str, ...] = Field(("knowledge_manager", "operator", "admin"), description="roles that may upload")
    groups: tuple[str, ...] = Field((), description="groups whose members may upload, whatever their role")
    max_mb: int = Field(50, ge=1, le=2000, description="larger files are refused, in MiB")
    personal_mb: int = Field(500, ge=1, description="what one person's folder may hold, in MiB")
    wait_seconds: float = Field(60.0, ge=0, description="how long an upload waits while another process writes")


class UiSettings(Section):
    """The web pages."""

    host: str = "127.0.0.1"
    port: int = Field(8501, ge=1, le=65_535)
    language: Literal["auto", "zh", "en"] = "auto"
    idle_minutes: int = Field(30, ge=1, description="a session ends after so long without use")
    absolute_hours: int = Field(12, ge=1, description="a session ends after so long in any case")


class ApiSettings(Section):
    """The service for programs."""

    host: str = "127.0.0.1"
    port: int = Field(8502, ge=1, le=65_535)
    names: tuple[str, ...] = Field((), description="further host names that it may be called by")
    max_body_kb: int = Field(2048, ge=1, le=1_048_576, description="longer requests are refused, in KiB")


class LoggingSettings(Section):
    """What is written to stderr and to the workspace's log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool = False


class Settings(Section):
    """The whole tree. `workspace` is the folder that holds all state."""

    workspace: Path = Path()
    models: ModelSettings = ModelSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    ingest: IngestSettings = IngestSettings()
    desensitize: DesensitizeSettings = DesensitizeSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answer: AnswerSettings = AnswerSettings()
    server: ServerSettings = ServerSettings()
    adaptation: AdaptationSettings = AdaptationSettings()
    alignment: AlignmentSettings = AlignmentSettings()
    terms: TermsSettings = TermsSettings()
    mail: MailSettings = MailSettings()
    attachment: AttachmentSettings = AttachmentSettings()
    uploads: UploadSettings = UploadSettings()
    ui: UiSettings = UiSettings()
    api: ApiSettings = ApiSettings()
    logging: LoggingSettings = LoggingSettings()


def load_settings(
    workspace: Path | None = None,
    config: Path | None = None,
    *,
    environment: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> Settings:
    """Settings of a workspace: defaults, then its `plumbline.toml`, then `PLUMBLINE_*`, then the arguments.

    Without `workspace` the variable `PLUMBLINE_WORKSPACE` names it, else the nearest folder upward from `cwd` with a
    `plumbline.toml`, else `cwd` itself. Raises InvalidInput with the path of the offending key.
    """
    environment = dict(os.environ) if environment is None else environment
    cwd = cwd or Path.cwd()
    chosen = workspace or _path_from(environment.get(f"{ENV_PREFIX}WORKSPACE"))
    if config is not None and not config.is_file():
        raise InvalidInput(f"{config}: no such settings file; give --config the path of a {CONFIG_NAME}")
    if chosen is None:
        chosen = config.parent if config is not None else _nearest_workspace(cwd)
    chosen = chosen.expanduser().absolute()
    file = config or chosen / CONFIG_NAME
    values = _read_toml(file) if file.is_file() else {}
    if "api_key" in values.get("server", {}):
        raise InvalidInput(f"{file}: server.api_key: not in a file; set {ENV_PREFIX}SERVER__API_KEY in the environment")
    from_environment = _from_environment(environment)
    _merge(values, from_environment)
    values["workspace"] = chosen
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"]]
        where = f"{file if file.is_file() else 'settings'}: {'.'.join(place)}"
        if place[0] not in Settings.model_fields and place[0] in from_environment:
            place += [next(iter(from_environment[place[0]]))]  # a section that is not known
        if len(place) > 1 and place[1] in from_environment.get(place[0], {}):
            where = f"{ENV_PREFIX}{'__'.join(place[:2]).upper()} in the environment"
        raise InvalidInput(
            f"{where}: {first['msg']}, found {first['input']!r}; see `plumbline config show` for what is known"
        ) from error


def _path_from(text: str | None) -> Path | None:
    return Path(text) if text else None


def _nearest_workspace(cwd: Path) -> Path:
    for folder in (cwd, *cwd.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    return cwd


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidInput(f"{file}: cannot be read as settings: {error}") from error


def _from_environment(environment: dict[str, str]) -> dict[str, Any]:
    """`PLUMBLINE_ANSWER__MODEL=x` as `{"answer": {"model": "x"}}`; a section or key that is not known fails later."""
    values: dict[str, Any] = {}
    for name, text in environment.items():
        path = name.removeprefix(ENV_PREFIX).lower().split("__")
        if name.startswith(ENV_PREFIX) and len(path) > 1:
            section = values.setdefault(path[0], {})
            section["__".join(path[1:])] = text
    return values


def _merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
