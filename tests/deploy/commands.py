"""Whether what a container is told to run is a command of ours."""

from collections.abc import Sequence

import click
import typer.main

from shared.cli import app


def is_a_command(words: Sequence[str]) -> bool:
    """True when the words parse as a command of `qingdan`, with its arguments and options."""
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group) or hasattr(group, "commands")
    command = group.commands.get(words[0])
    if command is None:
        return False
    try:
        command.make_context(words[0], list(words[1:]))
    except Exception as error:
        raise AssertionError(f"{' '.join(words)}: {error}") from error
    return True
