"""hullwatch query: streams, formats and exit status."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hullwatch.cli.query import register
from hullwatch.cli.shell import converse
from hullwatch.errors import HullwatchError, Misuse
from hullwatch.tables.catalogue import TABLES
from hullwatch.tables.engine import Answer, name_of

app = typer.Typer(pretty_exceptions_enable=False)
register(app)
app.callback()(lambda: None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root file system with two accounts and a line that is none."""
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/passwd").write_text("root:x:0:0:::/bin/sh\nweb:x:33:33:::\n")
    return tmp_path / "root"


def run(root: Path, *words: str, text: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["query", "--target", f"dir:{root}", *words], input=text)
    if isinstance(result.exception, HullwatchError):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_an_answer_goes_to_standard_output(root: Path) -> None:
    """As a table, and nothing else; exit 0."""
    assert run(root, "select uid, username from users") == (0, "uid  username\n  0  root\n 33  web\n", "")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("json", '[\n{"uid":0,"username":"root"},\n{"uid":33,"username":"web"}\n]\n'),
        ("csv", "uid,username\n0,root\n33,web\n"),
        ("lines", "0\troot\n33\tweb\n"),
    ],
)
def test_formats(root: Path, form: str, text: str) -> None:
    """Each as programs expect it."""
    assert run(root, "select uid, username from users", "--format", form) == (0, text, "")


def test_gaps_are_said_and_exit_with_3(root: Path) -> None:
    """On standard error; the answer stays as it is."""
    (root / "etc/passwd").write_text("root:x:0:0:::\nnonsense\n")
    status, answer, said = run(root, "--format", "json", "select uid from users")
    assert (status, json.loads(answer)) == (3, [{"uid": 0}])
    assert "line 2 is not an account" in said
    assert run(root, "-q", "select uid from users")[2] == ""


def test_an_answer_that_is_cut_exits_with_3(root: Path) -> None:
    """What was asked for is not all there."""
    status, answer, said = run(root, "--max-rows", "1", "--format", "lines", "select uid from users")
    assert (status, answer) == (3, "0\n")
    assert "--max-rows" in said


def test_a_statement_comes_from_standard_input_where_none_is_given(root: Path) -> None:
    """From a pipe."""
    assert run(root, "--format", "lines", text="select count(*) from users;\n") == (0, "2\n", "")


def test_misuse_is_an_error_of_ours(root: Path) -> None:
    """Which the command line shows, with exit 2."""
    with pytest.raises(Misuse, match="did you mean users"):
        run(root, "select * from user")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str | type[BaseException]]:
    """What somebody types at the shell, line by line; an exception is a key."""
    lines: list[str | type[BaseException]] = []

    def read(_: str) -> str:
        line = lines.pop(0) if lines else EOFError
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", read)
    return lines


def test_the_shell_answers_until_it_is_left(root: Path, typed: list[str | type[BaseException]], capsys: pytest.CaptureFixture[str]) -> None:
    """Statements end with a semicolon and may take several lines; errors end the statement alone."""
    asked: list[str] = []

    def ask(sql: str) -> Answer:
        asked.append(" ".join(sql.split()))
        if "wrong" in sql:
            raise Misuse("no such thing")
        return Answer(("a",), ((1,),))

    written: list[Answer] = []
    typed += ["select 1", "from users;", ".tables", ".schema users", ".nonsense", "wrong;", ";", "select ';' ;", ".quit", "never;"]
    converse(ask, written.append)
    assert asked == ["select 1 from users;", "wrong;", "select ';' ;"]
    assert len(written) == 2
    said = capsys.readouterr()
    assert set(map(name_of, TABLES)) <= set(said.out.splitlines())
    assert "uid BIGINT: numeric user id" in said.out
    assert "no such thing" in said.err


def test_the_shell_forgets_a_statement_that_is_interrupted(typed: list[str | type[BaseException]]) -> None:
    """And ends with its input."""
    asked: list[str] = []
    typed += ["select 1,", KeyboardInterrupt, "select 2;"]

    def ask(sql: str) -> Answer:
        asked.append(sql)
        return Answer((), ())

    converse(ask, lambda _: None)
    assert asked == ["select 2;\n"]


def test_a_time_that_has_passed_is_misuse(root: Path) -> None:
    """Before anything is asked."""
    status, out, err = run(root, "select 1", "--timeout", "-1")
    assert (status, out) == (2, "")
    assert "--timeout" in err
