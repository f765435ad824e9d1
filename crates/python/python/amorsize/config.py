"""Recommendations in files, to be used again without measuring."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ._files import publish
from .system_info import describe

Format = Literal["auto", "json", "yaml"]


@dataclass
class ConfigData:
    """A recommendation with its circumstances."""

    n_jobs: int
    chunksize: int
    executor_type: str = "process"
    estimated_speedup: float = 1.0
    function_name: str | None = None
    data_size: int | None = None
    avg_execution_time: float | None = None
    notes: str | None = None
    system_info: dict[str, Any] = field(default_factory=describe)
    timestamp: str = field(default_factory=lambda: datetime.now().isoformat())
    source: str = "manual"

    def to_dict(self) -> dict[str, Any]:
        """As plain values, with the version of this package."""
        from . import __version__

        return {**asdict(self), "amorsize_version": __version__}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ConfigData:
        """From plain values; `ValueError` names what is missing or cannot be."""
        if not isinstance(data, dict):
            raise ValueError(f"Invalid configuration: an object is needed, not {type(data).__name__}")
        for name in ("n_jobs", "chunksize"):
            value = data.get(name)
            if value is None:
                raise ValueError(f"Invalid configuration: missing required field {name!r}")
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"Invalid configuration: {name} must be a whole number, at least 1, not {value!r}")
        if data.get("executor_type", "process") not in ("process", "thread", "serial"):
            raise ValueError(f"Invalid configuration: no executor_type is called {data['executor_type']!r}")
        return cls(**{name: value for name, value in data.items() if name in cls.__dataclass_fields__})

    def __str__(self) -> str:
        lines = [
            "Amorsize Configuration",
            f"  n_jobs: {self.n_jobs}",
            f"  chunksize: {self.chunksize}",
            f"  executor_type: {self.executor_type}",
            f"  estimated_speedup: {self.estimated_speedup:.2f}x",
        ]
        for name in ("function_name", "data_size", "avg_execution_time", "notes"):
            if getattr(self, name) is not None:
                lines.append(f"  {name}: {getattr(self, name)}")
        return "\n".join([*lines, f"  source: {self.source}", f"  saved: {self.timestamp}"])


def get_default_config_dir() -> Path:
    """The folder for configurations, `~/.amorsize/configs`; it is made when it is not there."""
    folder = Path.home() / ".amorsize" / "configs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _format_of(path: Path, format: str) -> str:
    if format == "auto":
        return "yaml" if path.suffix.lower() in (".yaml", ".yml") else "json"
    if format not in ("json", "yaml"):
        raise ValueError(f"Invalid format: {format!r}. Must be 'auto', 'json' or 'yaml'")
    return format


def _yaml() -> Any:
    try:
        import yaml  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError("PyYAML is required for YAML files: pip install pyyaml") from error
    return yaml


def save_config(config: ConfigData, filepath: Any, format: Format = "auto", overwrite: bool = False) -> None:
    """Writes a configuration; the file appears whole or not at all."""
    path = Path(filepath)
    kind = _format_of(path, format)
    data = config.to_dict()
    text = _yaml().safe_dump(data, sort_keys=False) if kind == "yaml" else json.dumps(data, indent=2) + "\n"
    if overwrite:
        publish(path, text)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Creating and finding out that it is there are one step.
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise FileExistsError(f"Configuration file already exists: {path}. Use overwrite=True to replace it") from error


def load_config(filepath: Any, format: Format = "auto") -> ConfigData:
    """Reads a configuration that `save_config` wrote."""
    path = Path(filepath)
    kind = _format_of(path, format)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"Configuration file not found: {path}") from error
    try:
        data = _yaml().safe_load(text) if kind == "yaml" else json.loads(text)
    except ImportError:
        raise
    except Exception as error:  # noqa: BLE001 - each format has exceptions of its own
        raise ValueError(f"Invalid configuration file {path}: {error}") from error
    try:
        return ConfigData.from_dict(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def list_configs(directory: Any = None) -> list[Path]:
    """The configuration files of a folder, sorted by name."""
    folder = Path(directory) if directory is not None else get_default_config_dir()
    try:
        found = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(path for path in found if path.suffix.lower() in (".json", ".yaml", ".yml"))
