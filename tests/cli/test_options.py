"""Options that every command has in the same way."""

import pytest
import typer

from hullwatch.cli.main import app

COMMANDS = ("scan", "inventory", "bench", "query", "explain", "db update", "db status")


@pytest.mark.parametrize("words", COMMANDS)
def test_each_option_is_a_variable_too(words: str) -> None:
    """``HULLWATCH_…``: a pipeline may set them once. Those that are settings say so in their help; ``load_settings`` reads them."""
    command = typer.main.get_command(app)
    for word in words.split():
        command = command.commands[word]  # type: ignore[attr-defined]  # a group has them, Click's types do not say so
    for option in command.params:
        if option.param_type_name == "option":
            named = option.envvar or getattr(option, "help", "").partition("[env: ")[2]
            assert str(named).startswith("HULLWATCH_"), f"{words} {option.opts[0]} has no variable"
