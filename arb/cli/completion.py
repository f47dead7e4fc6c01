"""`arb completion`: what makes a shell complete commands and options."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

PROGRAM = "arb"
VARIABLE = "_ARB_COMPLETE"
"""By which a shell asks the program."""
SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}
EPILOG = """
\b
Examples:
  arb completion bash > ~/.local/share/bash-completion/completions/arb
  arb completion zsh > "${fpath[1]}/_arb"
  arb completion fish > ~/.config/fish/completions/arb.fish
\b
It completes the command `arb`. In a checkout, make one:
  ln -s "$PWD/scripts/run" ~/.local/bin/arb
\b
Exit codes:
  0 printed   2 no such shell
"""


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    root = ctx.find_root().command
    complete = SHELLS[shell](root, {}, PROGRAM, VARIABLE)
    click.echo(complete.source_template % complete.source_vars())
