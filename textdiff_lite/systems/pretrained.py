"""Save and load a trained system: a folder with the hub's file names, safetensors and JSON, never pickle.

config.json         system, its Config, the corpus it was trained on
model.safetensors   the weights
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from textdiff_lite.atomic import write_whole
from textdiff_lite.corpora.corpus import CorpusInfo
from textdiff_lite.systems import system

CONFIG, WEIGHTS = "config.json", "model.safetensors"


class DamagedWeights(ValueError):
    """A folder of weights that is incomplete, unreadable, or does not fit its own configuration."""


@dataclass(frozen=True)
class Trained:
    """A system with its weights: what `sample` and `bound` of its module take."""

    system: ModuleType
    config: Any
    info: CorpusInfo
    model: nn.Module

    @property
    def name(self) -> str:
        """The system's name."""
        return self.system.CARD.name


def save_pretrained(trained: Trained, folder: Path, dtype: torch.dtype = torch.float32) -> None:
    """Write the folder; floating-point weights are stored as `dtype`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in trained.model.state_dict().items()
    }
    write_whole(folder / WEIGHTS, save(weights, {"format": "pt"}))
    config = {"system": trained.name, "config": asdict(trained.config), "corpus": asdict(trained.info)}
    write_whole(folder / CONFIG, (json.dumps(config, indent=2) + "\n").encode())


def from_pretrained(source: str | Path, device: str | torch.device = "cpu") -> Trained:
    """Load a folder that `save_pretrained` wrote: a path, or a repository on the hub («owner/name»).

    Weights become float32. Raises FileNotFoundError if there is no such folder, DamagedWeights if a file in it
    is missing, cut short, does not fit, or holds numbers that are not finite.
    """
    folder = local_folder(source)
    with torch.device("meta"):  # no first weights: nothing is drawn, nothing is thrown away
        trained = _described(folder)
    path = folder / WEIGHTS
    try:
        weights: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise DamagedWeights(f"{path} can't be read ({error}): copy or train it again") from error
    try:
        single = {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
        trained.model.load_state_dict(single, assign=True)
    except RuntimeError as error:
        raise DamagedWeights(f"{path} does not fit {folder / CONFIG}: {error}") from error
    for name, value in single.items():
        if not value.isfinite().all():
            raise DamagedWeights(f"{path} holds numbers that are not finite, in {name}: copy or train it again")
    return Trained(trained.system, trained.config, trained.info, trained.model.to(device).eval())


def stored_dtype(folder: Path) -> str:
    """The type of a folder's stored weights, as safetensors writes it: «F16», «F32». Counts and indices are none."""
    with safe_open(folder / WEIGHTS, framework="pt") as file:
        types = [file.get_slice(name).get_dtype() for name in file.keys()]  # noqa: SIM118 (it is no dict)
    return next(name for name in types if "F" in name)


def check_corpus(trained: Trained, info: CorpusInfo) -> None:
    """Raise ValueError if the weights were trained on another corpus, or on another version of this one."""
    if trained.info.fingerprint != info.fingerprint:
        raise ValueError(
            f"the weights were trained on {trained.info.name} with fingerprint {trained.info.fingerprint}, "
            f"this corpus is {info.name} with fingerprint {info.fingerprint}: their words or sentences differ"
        )


def _described(folder: Path) -> Trained:
    path = folder / CONFIG
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        module = system(stored["system"])
        config, info = module.Config(**stored["config"]), CorpusInfo(**stored["corpus"])
        return Trained(module, config, info, module.build(config, info))
    except FileNotFoundError as error:
        unfinished = "it holds a run that is not finished: train it with --resume"
        what = unfinished if any(folder.glob("checkpoint.*")) else "it is not a folder of weights"
        raise DamagedWeights(f"{folder} has no {CONFIG}: {what}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise DamagedWeights(f"{path} is damaged: {error!r}") from error


def local_folder(source: str | Path) -> Path:
    """Where the files of a path or of a repository on the hub lie here; raises FileNotFoundError if there are none."""
    folder = Path(source)
    if folder.is_dir():
        return folder
    if isinstance(source, Path) or source.count("/") != 1 or source.startswith((".", "/")):
        raise FileNotFoundError(f"there is no folder {source}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, allow_patterns=[CONFIG, WEIGHTS, "card.json"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise FileNotFoundError(f"there is no folder {source}, and the hub does not have it: {error}") from error
