"""The command line, as a user types it: what is printed, and the status that it ends with."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import sample_experiments  # noqa: F401
from filelock import FileLock
from sample_processes import relu_book_command, start, wait_until

from relu_book.cli import doctor
from relu_book.cli.main import main
from relu_book.records import read, record_path
from relu_book.runs import find, job, run_folder

NAME = "samples/trained"


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path / "records"))
    monkeypatch.setenv("RELU_BOOK_EXPERIMENTS", "sample_experiments")
    monkeypatch.delenv("RELU_BOOK_SCALE", raising=False)
    return tmp_path


def told(capsys, *words: str) -> tuple[int, str, str]:
    """Status, output and errors of a command in this process."""
    status = main(words)
    return status, *capsys.readouterr()


def test_the_installed_command_is_this_one():
    script = Path(sys.executable).with_name("relu-book")
    if not script.is_file():
        pytest.skip("relu-book is not installed beside this Python")
    done = subprocess.run([script, "lst"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "relu-book: there is no command 'lst': did you mean list?\n"


def test_run_show_promote_list_in_processes_of_their_own(folders):
    before = relu_book_command(folders, "show", NAME)
    assert before.status == 0 and before.output.endswith("Nothing is measured yet.\n")
    done = relu_book_command(folders, "run", NAME, "--seeds", "0", SAMPLE_COMMIT="clean")
    assert done.status == 0, done.errors
    path = run_folder(find(NAME), "smoke") / "record.nc"
    assert done.output.splitlines()[-1] == f"record: {path}"
    assert "2 jobs" in done.errors and "seed 0 is done, 100 %" in done.errors
    early = relu_book_command(folders, "promote", NAME)
    assert early.status == 1 and "has no seed 1: `relu-book run" in early.errors
    # Two processes beside, and more seeds: what is done stays.
    again = relu_book_command(folders, "run", NAME, "--seeds", "0", "1", SAMPLE_COMMIT="clean")
    assert again.status == 0 and "2 of 4 jobs were done before" in again.errors
    full = relu_book_command(folders, "run", NAME, SAMPLE_COMMIT="clean")
    assert full.status == 0 and read(path).seed.values.tolist() == [0, 1, 2]
    promoted = relu_book_command(folders, "promote", NAME)
    assert promoted.status == 0, promoted.errors
    assert promoted.output.splitlines()[0] == str(record_path(NAME, "smoke"))
    assert record_path(NAME, "smoke").read_bytes() == path.read_bytes()
    shown = relu_book_command(folders, "show", NAME)
    assert "Committed record\nscale:    smoke\n" in shown.output
    assert "command:  relu-book run samples/trained --scale smoke\n" in shown.output
    listed = relu_book_command(folders, "list")
    assert f"{NAME}\n  smoke  recorded (takes a second)\n  desk   not run" in listed.output


def test_a_second_process_on_the_same_run_is_refused(folders):
    first = start(folders, "run", NAME, "--scale", "paper", "--workers", "1")
    progress = run_folder(find(NAME), "paper") / "jobs" / "width=8-seed=0" / "progress.json"
    wait_until(progress.is_file)
    os.kill(first.process.pid, signal.SIGSTOP)  # it outlives the others, however slow they are
    second = relu_book_command(folders, "run", NAME, "--scale", "paper")
    assert (second.status, second.output) == (3, "")
    assert second.errors.startswith(f"relu-book: {NAME} at the scale paper is running in another")
    assert len(second.errors.splitlines()) == 1
    running = relu_book_command(folders, "list")
    assert "paper  running, " in running.output
    first.kill()
    assert first.status == -9
    # A killed process holds nothing.
    with FileLock(run_folder(find(NAME), "paper") / "lock", timeout=0):
        assert progress.is_file()


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["rnu", NAME], 2, "there is no command 'rnu': did you mean run?"),
        (["q"], 2, "there is no command 'q': there are list, run, show, promote, claims, doctor"),
        ([], 2, "Expected one of {list, run, show, promote, claims, doctor}; `relu-book --help`"),
        (["run"], 2, "Missing from relu-book run: NAME Name of the experiment"),
        (["run", NAME, "--seed", "3"], 2, "run has no option --seed: did you mean --seeds"),
        (["show", NAME, "--fresh"], 2, "show has no option --fresh: there are --name, --scale"),
        (["run", NAME, "--scale", "big"], 2, "invalid choice 'big' for argument '--scale'"),
        (["run", NAME, "--seeds", "x"], 2, "--seeds"),
        (["run", NAME, "more"], 2, "Unrecognized options: more"),
        (["run", "samples/traned"], 1, "no experiment 'samples/traned': did you mean samples/tra"),
        (["show", "trained"], 1, "no experiment 'trained': did you mean samples/trained?"),
        (["promote", "samples/traned"], 1, "did you mean samples/trained"),
        (["promote", NAME], 1, "has no finished run at the scale smoke: `relu-book run"),
        (["promote", "samples/failing", "--scale", "paper"], 1, "has no scale 'paper'"),
        (["list", "--scale", "smoke"], 2, "list has no option --scale: it has none"),
        (["run", NAME, "--seeds", "-1"], 1, "seeds are whole numbers from 0 to 2**63 - 1"),
        (["run", NAME, "--seeds", str(2**63)], 1, "seeds are whole numbers from 0 to 2**63 - 1"),
        (["run", NAME, "--dask", "nonsense"], 1, "tcp://10.0.0.1:8786, but got 'nonsense'"),
        (["run", NAME, "--workers", "0"], 1, "workers must be at least 1, but got 0"),
        (["run", NAME, "--workers", "2", "--dask", "x"], 1, "give one of them"),
    ],
)
def test_wrong_words_are_answered_in_one_sentence(capsys, words, status, message):
    found, output, errors = told(capsys, *words)
    assert (found, output) == (status, "")
    assert message in errors and errors.startswith("relu-book: ")
    assert errors.count("\n") == 1, errors


def test_version_is_that_of_the_installed_package(capsys):
    assert told(capsys, "--version") == (0, f"relu-book {version('relu_book')}\n", "")


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert not end.value.code
    output = capsys.readouterr().out
    assert all(name in output for name in ("list", "run", "show", "promote", "claims", "doctor"))


def test_failing_jobs_and_unwritable_folders_end_in_one_sentence(capsys, monkeypatch, folders):
    monkeypatch.setenv("SAMPLE_FAILURE", "nan")
    status, output, errors = told(capsys, "run", "samples/failing")
    assert (status, output) == (1, "")
    last = errors.splitlines()[-1]
    assert last.startswith("relu-book: samples/failing, seed 1: train_loss is nan at step 1")
    assert last.endswith("2 of 3 jobs are done and kept, the same command goes on with the rest")
    (folders / "file").write_text("no folder")
    monkeypatch.setenv("RELU_BOOK_RUNS", str(folders / "file" / "runs"))
    status, _, errors = told(capsys, "run", "samples/failing")
    assert status == 1 and errors.startswith("relu-book: not a directory: ")
    assert errors.count("\n") == 1


def test_a_job_that_leaves_python_is_told(capsys, monkeypatch, folders):
    monkeypatch.setenv("SAMPLE_FAILURE", "exit")
    status, output, errors = told(capsys, "run", "samples/failing")
    assert (status, output) == (1, "")
    assert (
        "seed 1: it called sys.exit(5), where an experiment returns its result; 2 of 3 jobs"
        in (errors.splitlines()[-1])
    )


def test_runs_that_cannot_be_read_are_listed_as_such(capsys, monkeypatch, folders):
    place = folders / "runs" / "samples" / "trained" / "smoke"
    place.parent.mkdir(parents=True)
    place.write_text("no folder")
    (folders / "runs" / "samples" / "failing").write_text("no folder")
    status, output, errors = told(capsys, "list")
    assert (status, errors) == (0, "")
    assert f"{NAME}\n  smoke  cannot be read: not a directory: " in output
    assert "samples/on_digits\n  smoke  not run" in output


def test_an_error_that_nobody_expects_shows_where_it_is(capsys, monkeypatch):
    monkeypatch.setenv("SAMPLE_FAILURE", "bug")
    status, _, errors = told(capsys, "run", "samples/failing")
    assert status == 1 and "Traceback" in errors and "sample_experiments.py" in errors
    assert "seed 1: KeyError 1" in errors.splitlines()[-1]


def test_modules_that_are_not_there_are_named(capsys, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_EXPERIMENTS", "no_such_module")
    status, _, errors = told(capsys, "list")
    assert status == 1 and errors.count("\n") == 1
    assert "RELU_BOOK_EXPERIMENTS names 'no_such_module', which cannot be imported" in errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:", "SyntaxError invalid syntax (wrong_module.py, line 1)"),
        ("import torch\n1 / 0", "ZeroDivisionError division by zero"),
        ("import sys\nsys.exit(3)", "SystemExit 3"),
        ("import no_such_package", "No module named 'no_such_package'"),
        (
            "from relu_book.runs import experiment\n@experiment(chapter='x')\ndef f(): ...",
            "TypeErr",
        ),
    ],
)
def test_a_module_that_fails_is_named_with_its_error(capsys, monkeypatch, folders, text, message):
    (folders / "wrong_module.py").write_text(text)
    monkeypatch.syspath_prepend(str(folders))
    monkeypatch.setenv("RELU_BOOK_EXPERIMENTS", "wrong_module")
    status, output, errors = told(capsys, "list")
    assert (status, output) == (1, "") and errors.count("\n") == 1
    assert "names 'wrong_module', which cannot be imported" in errors and message in errors


@pytest.mark.parametrize("variable", ["RELU_BOOK_RUNS", "RELU_BOOK_RECORDS", "RELU_BOOK_DATA"])
def test_a_folder_of_nobody_is_named_by_its_variable(capsys, monkeypatch, variable):
    monkeypatch.setenv(variable, "~no_such_user/place")
    words = ["run", "samples/failing", "--seeds", "1"]
    monkeypatch.setenv("SAMPLE_FAILURE", "cache")
    status, _, errors = told(capsys, *(words if variable == "RELU_BOOK_DATA" else ["list"]))
    assert status == 1 and errors.count("\n") == 1
    assert f"{variable} names ~no_such_user/place, but there is no such user" in errors


def test_a_terminal_that_knows_ascii_alone_is_written_to(monkeypatch):
    """Its locale chooses the encoding; what it lacks becomes a question mark."""
    for words in (["--help"], ["run", "--help"], ["show", "samples/accented"]):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
        with contextlib.suppress(SystemExit):
            assert main(words) == 0
        sys.stdout.flush()
        assert written.getvalue()
    assert b"Says na?ve" in written.getvalue()


def test_a_promoted_record_is_one_that_a_commit_can_measure_again(capsys, monkeypatch):
    for tree in ("uncommitted changes", "unknown", "clean"):
        monkeypatch.setattr(job, "commit", lambda _, tree=tree: ("0" * 40, tree))
        assert main(["run", "samples/failing", "--fresh"]) == 0
        capsys.readouterr()
        status, _, errors = told(capsys, "promote", "samples/failing")
        if tree == "clean":
            assert status == 0 and record_path("samples/failing", "smoke").is_file()
        else:
            assert status == 1 and errors.count("\n") == 1
            assert f"measured by code that no commit holds (commit 000000000000, {tree})" in errors
            assert not record_path("samples/failing", "smoke").exists()


# ---- claims --------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A small clone: one claim, which no chapter has checked."""
    (tmp_path / "data").mkdir()
    (tmp_path / "book").mkdir()
    source = Path(__file__).resolve().parents[3] / "data" / "claims.yml"
    text = source.read_text(encoding="utf-8")
    entries = text.split("\n\n")
    head = [entry for entry in entries if entry.lstrip("# \n").startswith(("fig-2.6.a:",))]
    (tmp_path / "data" / "claims.yml").write_text(head[0] + "\n", encoding="utf-8")
    conclusion = "- {where: here, says: There is a bias., claims: [fig-2.6.a]}\n"
    (tmp_path / "data" / "conclusions.yml").write_text(conclusion, encoding="utf-8")
    monkeypatch.setattr("relu_book.records.repository", lambda: tmp_path)
    return tmp_path


def test_claims_writes_the_ledger_and_notices_that_it_drifted(capsys, clone):
    status, output, _ = told(capsys, "claims", "--check")
    assert status == 1, "there is no ledger yet"
    status, output, _ = told(capsys, "claims")
    assert (status, output) == (0, "   1  not run\n   1  claims in book/claims.md\n")
    assert told(capsys, "claims", "--check") == (0, output, "")
    page = clone / "book" / "claims.md"
    text = page.read_text(encoding="utf-8")
    for path, changed in (
        (page, text.replace("not run", "holds", 1)),
        (clone / "book" / "claims_summary.md", "nothing"),
        (clone / "book" / "conclusions_list.md", "nothing"),
    ):
        before = path.read_text(encoding="utf-8")
        path.write_text(changed, encoding="utf-8")
        status, output, errors = told(capsys, "claims", "--check")
        assert (status, output) == (1, "") and errors.count("\n") == 1
        assert f"book/{path.name}" in errors and "run `relu-book claims` and commit" in errors
        assert path.read_text(encoding="utf-8") == changed, "--check wrote"
        path.write_text(before, encoding="utf-8")


# ---- doctor --------------------------------------------------------------------------------------


def test_doctor_tells_what_is_there_and_what_can_run(monkeypatch, folders):
    monkeypatch.setattr(doctor.datasets, "names", lambda: ("digits", "fashion_mnist", "clusters"))
    monkeypatch.setenv("RELU_BOOK_DATA", str(folders / "nothing"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folders / "cache"))
    lines = list(doctor.examine())
    text = "\n".join(lines)
    assert [line for line in lines if not line.startswith(" ")][:4] == [
        "Packages", "Machine", "Parts", "Data sets"
    ]  # fmt: skip
    assert f"  python           {sys.version.split()[0]}" in lines
    assert f"  compiled code in {folders / 'cache'}" in lines
    assert f"  data sets in     {folders / 'nothing'} (no such folder yet)" in lines
    assert any(line.startswith(f"  runs in          {folders / 'runs'}, ") for line in lines)
    parts = ("records", "verdicts", "ledger", "pictures", "sliders", "cluster")
    assert all(f"  {part:<16} yes" in lines for part in parts)
    assert "  digits           found" in lines
    assert "  fashion_mnist    missing: " in text and "download=True" in text
    assert "    desk   cannot run without fashion_mnist" in lines
    assert "    smoke  can run, takes 1 s on one core" in lines
    assert lines[-2].startswith("In short: of the experiments you can run ")
    assert lines[-1] == "The others need data sets; missing are fashion_mnist."


def test_doctor_tries_what_a_run_needs(monkeypatch, folders):
    """What is installed in name alone does not count as what can run."""

    def broken(*_):
        raise ImportError("h5netcdf does not go with this h5py")

    monkeypatch.setattr(doctor.datasets, "names", lambda: ("digits",))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folders / "cache"))
    monkeypatch.setattr(doctor, "save", broken)
    lines = list(doctor.examine())
    assert "  records          no: h5netcdf does not go with this h5py" in lines
    lacking = "cannot run without records (no: h5netcdf does not go with this h5py)"
    assert f"    smoke  {lacking}" in lines
    assert lines[-1].startswith("In short: of the experiments you can run 0 of ")


def test_doctor_names_what_cannot_be_used(monkeypatch, folders):
    monkeypatch.setattr(doctor, "versions", lambda _: {"python": "3.9.1", "torch": "2.10.0"})
    installed = list(doctor._installed())
    assert "  python           3.9.1, but relu-book needs <3.14,>=3.11" in installed
    assert "  torch            2.10.0, but relu-book needs >=2.11" in installed
    assert "  xarray           not installed" in installed
    monkeypatch.setenv("RELU_BOOK_DEVICE", "abacus")
    machine = "\n".join(doctor._machine())
    assert "computes on      nothing: RELU_BOOK_DEVICE is 'abacus'" in machine
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    machine = "\n".join(doctor._machine())
    assert "but you may not write there: set NUMBA_CACHE_DIR" in machine
    assert "GB free, but you may not write there" in machine
    broken = folders / "FashionMNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no archive")
    monkeypatch.setenv("RELU_BOOK_DATA", str(folders))
    state = doctor.data_set("fashion_mnist")
    assert state.startswith(("cannot be used: ", "missing: ")) and "t10k" in state
