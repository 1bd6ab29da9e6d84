"""The command line: `textdiff train | sample | evaluate | table | course`.

Results go to stdout, and with --json nothing but JSON does; progress and messages go to stderr. Exit codes:
0 done; 2 an option or an input is wrong; 3 training stopped because a loss was not finite; 130 interrupted.
"""

import io
import json
import shlex
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

BAD_INPUT, NOT_FINITE = 2, 3

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Folder = Annotated[str, typer.Argument(help="a folder that `train` wrote, a shipped name, or owner/name on the hub")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON value and nothing else")]
Calls = Annotated[int | None, typer.Option(min=1, help="network calls for a sentence, where they can be chosen")]
Clamp = Annotated[
    float | None,
    typer.Option(
        help="diffusion-lm, difformer: from which time down the belief is clamped to the nearest embedding, "
        "1 is every step; default as trained, never"
    ),
]
OtherCorpus = Annotated[str | None, typer.Option(help="the corpus, where it is not that of the training")]


@app.command()
def train(
    system: Annotated[str, typer.Argument(help="autoregressive, d3pm, diffusion-lm or difformer")],
    corpus: Annotated[
        str,
        typer.Option(
            help="bistro, mini-bistro, e2e, tinyshakespeare, a .txt, .csv or .jsonl file, or a folder of splits"
        ),
    ] = "bistro",
    text_column: Annotated[str | None, typer.Option(help="file: the column of the text; default text")] = None,
    unit: Annotated[str | None, typer.Option(help="file: word or character; default word")] = None,
    min_count: Annotated[int | None, typer.Option(help="file, e2e: rarer words are [UNK]; default 2")] = None,
    max_length: Annotated[int | None, typer.Option(help="file: the canvas at most; longer lines are left out")] = None,
    window: Annotated[int | None, typer.Option(help="tinyshakespeare: characters of a row; default 256")] = None,
    kernel: Annotated[str | None, typer.Option(help="d3pm: absorbing, uniform, gaussian or neighbour")] = None,
    chain: Annotated[
        int | None,
        typer.Option(
            help="steps T of the chain; d3pm: default continuous time, 1000, 100, 100; "
            "diffusion-lm, difformer: default 2000"
        ),
    ] = None,
    auxiliary: Annotated[
        float | None, typer.Option(help="d3pm: weight of the cross-entropy beside the bound; default 0")
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            help="diffusion-lm, difformer: sqrt, sqrt-released, cosine, linear, mutual-information or adaptive; "
            "default sqrt"
        ),
    ] = None,
    width: Annotated[
        int | None, typer.Option(help="diffusion-lm, difformer: D, numbers of an embedding; default 16, 64")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="diffusion-lm: what the network predicts: x0, noise or mean; default x0")
    ] = None,
    noise_scale: Annotated[
        float | None, typer.Option(help="difformer: F, factor of the noise's standard deviation; default 2")
    ] = None,
    size: Annotated[str, typer.Option(help="mini (0.15 M parameters), tiny (0.8), small (5) or medium (11)")] = "tiny",
    dropout: Annotated[float, typer.Option(help="in [0, 1)")] = 0.0,
    steps: Annotated[int, typer.Option(help="optimizer steps")] = 1000,
    batch: Annotated[int, typer.Option(help="sentences a step, over all processes")] = 64,
    lr: Annotated[float, typer.Option(help="highest learning rate, reached after 100 steps")] = 2e-3,
    weight_decay: Annotated[float, typer.Option(help="AdamW's, on matrices")] = 0.01,
    seed: Annotated[int, typer.Option(help="of weights, order, noise and dropout")] = 0,
    precision: Annotated[str, typer.Option(help="no (float32) or bf16")] = "no",
    half: Annotated[bool, typer.Option("--half", help="store the final weights as float16")] = False,
    out: Annotated[Path | None, typer.Option(help="folder of the run; default runs/SYSTEM-CORPUS-SIZE")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on from the folder's checkpoint, if there is one")
    ] = False,
    log_every: Annotated[int, typer.Option(min=1, help="steps between two lines of the log")] = 50,
    checkpoint_every: Annotated[int, typer.Option(min=1, help="steps between two checkpoints")] = 500,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Train a system on a corpus; writes checkpoints, a log, the weights and a picture of the loss."""
    from textdiff_lite.corpora import load_corpus
    from textdiff_lite.systems import system as find
    from textdiff_lite.training import Plan
    from textdiff_lite.training.record import train_in_folder

    module = find(system)
    options = {
        "text_column": text_column,
        "unit": unit,
        "min_count": min_count,
        "max_length": max_length,
        "window": window,
    }
    text = load_corpus(corpus, **options)
    own = {
        "kernel": kernel,
        "chain": chain,
        "auxiliary": auxiliary,
        "schedule": schedule,
        "width": width,
        "target": target,
        "noise_scale": noise_scale,
    }
    config = module.Config(size=size, dropout=dropout, **_given(module, **own))
    plan = Plan(steps=steps, batch=batch, seed=seed, lr=lr, weight_decay=weight_decay, precision=precision, half=half)
    name = "-".join([system, *([kernel] if kernel else []), text.info.name.strip("/"), size])
    folder = out or Path("runs") / name
    facts = (
        f"{text.info.name}: {text.sizes['train']:,} sentences, {text.info.vocab:,} tokens, canvas {text.info.length}"
    )
    print(facts, file=sys.stderr)
    try:
        record = train_in_folder(
            module,
            config,
            text,
            plan,
            folder,
            device=device,
            resume=resume,
            log_every=log_every,
            checkpoint_every=checkpoint_every,
            command=shlex.join(["textdiff", *sys.argv[1:]]),
            source={"name": corpus, **{key: value for key, value in options.items() if value is not None}},
        )
    except KeyboardInterrupt:
        print(f"\ninterrupted: the run in {folder} goes on from its last checkpoint with --resume", file=sys.stderr)
        raise
    if record is not None:  # one process of several speaks
        done = f"{record['folder']}: {record['steps']} steps, {record['seconds']} s"
        _print(record, as_json, f"{done}\nMeasure it: textdiff evaluate {shlex.quote(record['folder'])}")


@app.command()
def sample(
    folder: Folder,
    n: Annotated[int, typer.Option("-n", min=1, help="how many sentences")] = 5,
    seed: Annotated[int, typer.Option(help="of the samples")] = 0,
    calls: Calls = None,
    clamp: Clamp = None,
    corpus: OtherCorpus = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Write sentences drawn from the weights."""
    from textdiff_lite.evaluation import samples

    _, trained, text = _load(folder, corpus, device, clamp)
    sentences = text.decode(samples(trained, n, seed, calls=calls))
    _print(sentences, as_json, "\n".join(sentences))


@app.command()
def evaluate(
    folder: Folder,
    split: Annotated[str | None, typer.Option(help="default test, or validation where there is no test")] = None,
    sentences: Annotated[int, typer.Option(min=2, help="at most this many of the split")] = 20_000,
    samples: Annotated[
        int | None, typer.Option(min=2, help="bistro, mini-bistro: how many samples; default 10000")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="bistro, mini-bistro: of the samples; default 0")] = None,
    calls: Calls = None,
    clamp: Clamp = None,
    corpus: OtherCorpus = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure the stored weights; writes card.json into a folder of yours."""
    from textdiff_lite.cards import table as as_table
    from textdiff_lite.cards import write_card
    from textdiff_lite.measure import measure

    place, trained, text = _load(folder, corpus, device, clamp)
    card = measure(trained, text, place, split, sentences, samples, seed, calls)
    if place == Path(folder):
        write_card(card, place)
    _print(asdict(card), as_json, as_table([card]))


@app.command()
def table(
    folders: Annotated[list[Path] | None, typer.Argument(help="folders with a card, beside the shipped ones")] = None,
    as_json: Json = False,
) -> None:
    """Print the results table, made from cards."""
    from textdiff_lite.cards import CARD, check_fingerprints, read_card
    from textdiff_lite.cards import table as as_table
    from textdiff_lite.corpora.bistro import Bistro
    from textdiff_lite.corpora.mini_bistro import MiniBistro
    from textdiff_lite.weights import cards

    rows = cards() + [read_card(folder / CARD) for folder in folders or []]
    check_fingerprints(rows, {info.name: info.fingerprint for info in (Bistro().info, MiniBistro().info)})
    _print([asdict(card) for card in rows], as_json, as_table(rows))


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
def course(
    command: Annotated[list[str] | None, typer.Argument(help="build, mistakes or progress, and its options")] = None,
) -> None:
    """Build the lessons, try the named mistakes, show the progress: `textdiff course --help`."""
    from textdiff_lite.course.commands import app as commands

    commands(command or [], prog_name="textdiff course")


def main() -> None:
    """Run the command line: bad input ends with a sentence and a code, not with a traceback."""
    from textdiff_lite.training.loop import NotFinite

    for stream in (sys.stdout, sys.stderr):
        # a console of another encoding must not end a command at the first star or dash
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(BAD_INPUT) from None
    except NotFinite as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(NOT_FINITE) from None


def _load(folder: str, corpus: str | None, device: str, clamp: float | None) -> tuple[Path, Any, Any]:
    """The place of a folder or shipped name, its weights, and their corpus, which must be that of the training.

    clamp takes the place of the Config's own. Raises ValueError where the system has none.
    """
    from textdiff_lite.systems.pretrained import check_corpus, from_pretrained, local_folder
    from textdiff_lite.training.record import torch_device
    from textdiff_lite.weights import shipped

    place = local_folder(shipped().get(folder, folder))
    trained = from_pretrained(place, torch_device(device))
    trained = replace(trained, config=replace(trained.config, **_given(trained.system, clamp=clamp)))
    text = _corpus(place, trained.info.name, corpus)
    check_corpus(trained, text.info)
    return place, trained, text


def _corpus(folder: Path, name: str, other: str | None) -> Any:
    """The corpus of a run, loaded as for its training; `other` takes the place of its name or file."""
    from textdiff_lite.corpora import NAMES, load_corpus
    from textdiff_lite.training.record import RECORD

    path = folder / RECORD
    source: dict[str, Any] = {"name": name}
    try:
        if path.exists():
            source = dict(json.loads(path.read_text(encoding="utf-8"))["corpus"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error!r}") from error
    source["name"] = other or source["name"]
    if source["name"] not in NAMES and not Path(source["name"]).exists():
        raise FileNotFoundError(
            f"the weights were trained on {source['name']}, which is not here: name it with --corpus"
        )
    return load_corpus(**source)


def _given(module: Any, **options: Any) -> dict[str, Any]:
    """Those of a Config's options that were given; raises ValueError for one that the system does not have."""
    given = {name: value for name, value in options.items() if value is not None}
    known = {field.name for field in fields(module.Config)}
    for name in given:
        if name not in known:
            raise ValueError(f"--{name.replace('_', '-')} has no effect on {module.CARD.name}")
    return given


def _print(value: Any, as_json: bool, text: str) -> None:
    print(json.dumps(value, ensure_ascii=False) if as_json else text)
