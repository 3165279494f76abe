"""``python -m media_pipeline``: the pipeline without a database.

    python -m media_pipeline FILE… [--out DIR] [--recipe RECIPE.json]
                                   [--steps a,b,c] [--catalogue DIR]
    python -m media_pipeline models install [--from DIR] | status
    python -m media_pipeline train-head --photos DIR --labels CSV [--out HEAD.npz]

Standard output holds one JSON object a line, in input order; logs go to standard
error. Exit status 0 when every file got an answer (a refusal is an answer), 1 if an
answer or a rendition could not be written or no picture can be opened on this machine,
2 for wrong usage. What follows ``--`` are
files, whatever their names look like. Imports no Django.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from . import conf, sandbox
from .backends.lite0 import Lite0Embedder
from .backends.pictures import Pixels
from .exceptions import (
    BackendUnavailable,
    DecoderFailed,
    RefusedFile,
    SandboxUnavailable,
    WrongRecipe,
)
from .pipeline import Pipeline, build_pipeline, default_step_names
from .recipes import Recipe
from .registry import WrongConfiguration
from .results import RenditionFile, as_contract, as_refusal
from .sandbox import OpenedPicture
from .similarity import FolderCatalogue, ProductIndex

logger = logging.getLogger("media_pipeline")

WRONG_USAGE = 2
FAILED = 1


_MOST_RECIPE = 1 << 20  # bytes


class _WrongUsage(Exception):
    """The message says what is wrong with the arguments."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        with _answers_alone() as answers:
            return _run(given, answers)
    except _WrongUsage as error:
        print(f"{_PROGRAM}: error: {error}", file=sys.stderr)
        return WRONG_USAGE
    except SandboxUnavailable as error:
        # Says nothing of any photo, so none is refused for it.
        print(f"{_PROGRAM}: error: {_NO_SANDBOX.format(error)}", file=sys.stderr)
        return FAILED
    except OSError as error:
        # Of standard output: not every file got its answer.
        print(f"{_PROGRAM}: error: {error}", file=sys.stderr)
        return FAILED


def _run(given: Sequence[str], answers: IO[str]) -> int:
    if given[:1] == ["models"]:
        from .backends.install import main as models

        with contextlib.redirect_stdout(answers):
            return models(given[1:])
    if given[:1] == ["train-head"]:
        from .heads import main as train_head

        return train_head(given[1:], answers)
    with contextlib.redirect_stdout(answers):  # for --help
        options = _parsed(given)
    try:
        recipe = None if options.recipe is None else _recipe(options.recipe)
        pipeline = _pipeline(options.steps, options.catalogue)
        out = None if options.out is None else _Out(_folder(options.out))
        for number, file in enumerate(options.files, start=1):
            answer = _answer(file, pipeline, recipe, out, number)
            answers.write(json.dumps(answer, allow_nan=False) + "\n")
            answers.flush()
    finally:
        sandbox.close()
    return FAILED if out is not None and out.has_failed else 0


_PROGRAM = "python -m media_pipeline"
_NO_SANDBOX = (
    "pictures can't be opened here ({}): the photos without an answer were not looked"
    " at. See that MEDIA_PIPELINE_SANDBOX_COMMAND is unset or names a command that"
    " runs, and run this again"
)


def _parsed(given: Sequence[str]) -> argparse.Namespace:
    # argparse forgets where "--" stood when options may stand between the files.
    end = given.index("--") if "--" in given else len(given)
    more = list(given[end + 1 :])
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Check pictures: one JSON object a line, in input order.",
        epilog="The default models: python -m media_pipeline models install | status",
    )
    parser.add_argument("files", nargs="*" if more else "+", metavar="FILE")
    parser.add_argument("--out", metavar="DIR", help="write the renditions there")
    parser.add_argument("--recipe", metavar="RECIPE.json", help="style the renditions")
    parser.add_argument("--steps", metavar="a,b,c", help="run only these steps")
    parser.add_argument(
        "--catalogue", metavar="DIR", help="find these products: KEY.jpg or KEY/*.jpg"
    )
    options = parser.parse_intermixed_args(given[:end])
    options.files += more
    return options


@contextlib.contextmanager
def _answers_alone() -> Iterator[IO[str]]:
    """Yield a stream to standard output that nothing else can write to.

    Some engines greet their user there; that goes to standard error.
    """
    if sys.stdout is None:
        raise OSError("standard output is closed: there is nowhere to write to")
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(kept, "w", encoding="utf-8", closefd=False) as answers:
            yield answers
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


# --- arguments --------------------------------------------------------------------


def _recipe(path: str) -> Recipe:
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(_MOST_RECIPE + 1)
        if len(content) > _MOST_RECIPE:
            raise _WrongUsage(f"--recipe: {path} is larger than any recipe (1 MiB)")
        return Recipe.from_json(json.loads(content.decode("utf-8")))
    except OSError as error:
        raise _WrongUsage(f"--recipe: {_said(error, path)}") from error
    except WrongRecipe as error:
        raise _WrongUsage(f"--recipe: {error}") from error
    except (ValueError, RecursionError) as error:
        raise _WrongUsage(f"--recipe: {path} holds no JSON") from error


def _pipeline(steps: str | None, catalogue: str | None) -> Pipeline:
    names = None if steps is None else _names(steps)
    options: dict[str, dict[str, Any]] = {}
    if catalogue is not None:
        names = list(default_step_names()) if names is None else names
        names += [] if "products" in names else ["products"]
        options["products"] = {"index": _index(catalogue)}
    elif names is not None and "products" in names:
        raise _WrongUsage("--steps: products are looked for in a --catalogue")
    try:
        return build_pipeline(names, options=options)
    except WrongConfiguration as error:
        raise _WrongUsage(f"--steps: {error}") from error


def _names(steps: str) -> list[str]:
    names = dict.fromkeys(name.strip() for name in steps.split(","))
    names.pop("", None)
    if not names:
        raise _WrongUsage("--steps: names no step")
    return list(names)


def _index(path: str) -> ProductIndex:
    """Return the index of a folder's pictures; each goes through the sandbox."""
    folder = Path(path)
    if not path or not folder.is_dir():
        raise _WrongUsage(f"--catalogue: no folder {path!r}")
    embedder = Lite0Embedder()
    catalogue = FolderCatalogue(folder=folder, decode=_pixels_or_none)
    try:
        return ProductIndex.of(catalogue.pictures(), embedder)
    except OSError as error:
        raise _WrongUsage(f"--catalogue: {_said(error, path)}") from error
    except (BackendUnavailable, SandboxUnavailable) as error:
        # An index of nobody's: the step fails on each picture and says so in its
        # findings. With an empty one it would say that no product was found.
        logger.warning("--catalogue: %s", error)
        return dataclasses.replace(ProductIndex.of((), embedder), model="")


def _pixels_or_none(path: Path) -> Pixels | None:
    try:
        with sandbox.opened(_read(str(path))) as picture:
            return picture.frame.pixels
    except (RefusedFile, DecoderFailed) as error:
        logger.warning("--catalogue: %s is left out (%s)", path, error)
        return None


def _folder(path: str) -> Path:
    if not path:
        raise _WrongUsage("--out: names no folder")
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise _WrongUsage(f"--out: this is no folder: {path}") from error
    except OSError as error:
        raise _WrongUsage(f"--out: {_said(error, path)}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _WrongUsage(f"--out: nothing can be written there: {path}")
    return folder


def _said(error: OSError, path: str) -> str:
    """Return what the system says, and of which file: one below the path, perhaps."""
    return f"{error.strerror or error}: {error.filename or path}"


# --- one file ---------------------------------------------------------------------


def _answer(
    file: str, pipeline: Pipeline, recipe: Recipe | None, out: _Out | None, number: int
) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        try:
            return _accepted(file, pipeline, recipe, out, number)
        except SandboxUnavailable as failure:
            logger.warning("%s: tried once more (%s)", file, failure)
            return _accepted(file, pipeline, recipe, out, number)
    except RefusedFile as refusal:
        reason = refusal.code
    except DecoderFailed as failure:
        logger.warning("%s: the decoder failed (%s)", file, failure)
        reason = "decoder_failed"
    elapsed = (time.perf_counter() - start) * 1000
    return as_refusal(file=file, reasons=(reason,), timings_ms={"total": elapsed})


def _accepted(
    file: str, pipeline: Pipeline, recipe: Recipe | None, out: _Out | None, number: int
) -> dict[str, Any]:
    start = time.perf_counter()
    upload = _read(file)
    with sandbox.opened(upload) as picture:
        result = pipeline.run(picture.frame)
        written = () if out is None else out.written(picture, recipe, file, number)
    timings = {
        **picture.timings_ms,
        "total": (time.perf_counter() - start) * 1000,
    }
    return as_contract(
        file=file,
        frame=picture.frame,
        result=result,
        sha256=hashlib.sha256(upload).hexdigest(),
        renditions=written,
        timings_ms=timings,
    )


def _read(file: str) -> bytes:
    path = Path(file)
    try:
        # A pipe would be waited for, a device never ends.
        if not path.is_file():
            raise RefusedFile("unreadable")
        with path.open("rb") as stream:
            upload = stream.read(conf.max_upload_bytes() + 1)
    except (OSError, ValueError) as error:
        raise RefusedFile("unreadable") from error
    if not upload:
        raise RefusedFile("empty_file")
    if len(upload) > conf.max_upload_bytes():
        raise RefusedFile("too_many_bytes")
    return upload


@dataclasses.dataclass(slots=True)
class _Out:
    """The folder that takes the renditions."""

    folder: Path
    has_failed: bool = False

    def written(
        self, picture: OpenedPicture, recipe: Recipe | None, file: str, number: int
    ) -> tuple[RenditionFile, ...]:
        """Write the renditions; two files of one name don't share theirs.

        If they can't be written, none of them stays: the file is answered without,
        and those after it may well have better luck.
        """
        rendered = picture.render(recipe=recipe).renditions
        written: list[RenditionFile] = []
        try:
            for each in rendered:
                path = self.folder / _name(file, number, each.width, each.format)
                path.write_bytes(each.content)
                written.append(
                    RenditionFile(
                        format=each.format,
                        width=each.width,
                        height=each.height,
                        bytes=len(each.content),
                        path=path.name,
                    )
                )
        except OSError as error:
            logger.error("%s: its renditions can't be written (%s)", file, error)
            self.has_failed = True
            for name in (*(one.path for one in written), path.name):
                with contextlib.suppress(OSError):  # what is in the way stays there
                    (self.folder / name).unlink(missing_ok=True)
            return ()
        return tuple(written)


def _name(file: str, number: int, width: int, format: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(file).stem).strip("-")[:60] or "picture"
    return f"{number:04}-{stem}-{width}.{'jpg' if format == 'jpeg' else format}"


if __name__ == "__main__":
    sys.exit(main())
